"""Documents are prepared once, and only so many are kept."""

import gc
import tracemalloc
from collections.abc import Callable

import pytest
from graphql.execution.values import VariableValues

from gql.build import core_schema
from gql.compiler.plan_cache import Compile, compile_now
from gql.documents.document_cache import MAX_CACHED_BYTES, MAX_DOCUMENT_BYTES, DocumentCache
from gql.documents.operation import RequestRefused
from gql.documents.validation.limits import Limits

CORE = core_schema()
PLANS = "query Plans { plans { code } }"
SMALL_BYTES = 1_000_000
"""What so few small documents hold that a test fills it in no time."""


def document_cache(
    max_tokens: int = 2_000,
    aliases: int = 20,
    max_cached_bytes: int = MAX_CACHED_BYTES,
    compile_: Compile = compile_now,
) -> DocumentCache:
    return DocumentCache(
        CORE,
        limits=Limits(tokens=max_tokens, depth=20, aliases=aliases),
        allows_introspection=True,
        max_cached_bytes=max_cached_bytes,
        compile_=compile_,
    )


def test_a_document_is_prepared_once() -> None:
    prepared = document_cache()
    first = prepared.operation(PLANS, None)
    assert prepared.operation(PLANS, "Plans") is first
    assert (first.name, first.kind) == ("Plans", "query")


def test_one_of_our_own_is_worked_out_once_a_process_and_compiled_by_each_of_its_servers() -> None:
    text = "query Plans($all: Boolean!) { plans { code currency @include(if: $all) } }"
    compiled: list[str] = []

    def compiling(name: str) -> Compile:
        def compile_(work: Callable[[], None]) -> bool:
            compiled.append(name)
            return compile_now(work)

        return compile_

    one, other = (document_cache(compile_=compiling(name)) for name in ("one", "other"))
    ours, theirs = one.own_operation(text), other.own_operation(text)
    assert ours.definition is theirs.definition
    for operation, all_ in ((ours, True), (theirs, False), (theirs, False), (theirs, True)):
        assert operation.plans is not None
        assert operation.plans.plan(VariableValues({}, {"all": all_})) is not None
    assert compiled == ["one", "other", "other"]
    assert document_cache(aliases=19).own_operation(text).definition is not ours.definition
    for _ in range(2):
        with pytest.raises(RequestRefused):
            document_cache(max_tokens=5).own_operation(text)


def test_the_least_recently_used_is_forgotten() -> None:
    prepared = document_cache(max_cached_bytes=SMALL_BYTES)
    first = prepared.operation(PLANS, None)
    for number in range(30):
        prepared.operation(f"query Q{number} {{ plans {{ code }} }}", None)
    assert prepared.operation(PLANS, None) is first
    prepared.operation("{ plans { displayName } }", None)
    prepared.operation("{ plans { currency } }", None)
    assert prepared.operation(PLANS, None) is first
    for number in range(50):
        prepared.operation(f"query R{number} {{ plans {{ code }} }}", None)
    assert prepared.operation(PLANS, None) is not first


def test_a_huge_document_is_served_and_not_kept() -> None:
    prepared = document_cache(max_tokens=20_000)
    for items, is_kept in ((100, True), (MAX_DOCUMENT_BYTES // 950, False)):
        document = "query ($ids: [ID!]! = [" + "7 " * items + "]) { nodes(ids: $ids) { id } }"
        first = prepared.operation(document, None)
        assert (prepared.operation(document, None) is first) is is_kept


def test_nothing_of_a_text_is_held_and_what_is_held_is_bounded() -> None:
    prepared = document_cache(max_cached_bytes=SMALL_BYTES)
    comment = "#\N{GRINNING FACE}".ljust(2_000)
    for number in range(100):
        prepared.operation(f"query Q{number} {{ plans {{ code }} }} {comment}", None)
        assert prepared.cached_bytes <= SMALL_BYTES
    assert prepared.cached_bytes > SMALL_BYTES - 100_000


@pytest.mark.heavy
def test_what_is_reckoned_for_a_document_is_not_less_than_it_holds() -> None:
    times = {
        "{" + " ".join(f"a{n}: plans {{ code currency }}" for n in range(100)) + "}": 3,
        "{" + " ".join(f"planz{n}" for n in range(400)) + "}": 20,
        PLANS: 20,
    }
    for text, count in times.items():
        prepared = document_cache(aliases=100)
        gc.collect()
        tracemalloc.start()
        for number in range(count):
            _run_three_times(prepared, text + " " * number)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert held < 1.25 * prepared.cached_bytes


def _run_three_times(prepared: DocumentCache, text: str) -> None:
    try:
        operation = prepared.operation(text, None)
    except RequestRefused:
        return
    assert operation.plans is not None
    plans = [operation.plans.plan(VariableValues({}, {})) for _ in range(3)]
    assert plans[0] is None
    assert plans[2] is not None


def test_a_refusal_is_kept_too() -> None:
    prepared = document_cache()
    refusals = []
    for _ in range(2):
        with pytest.raises(RequestRefused) as refused:
            prepared.operation("{ nothing }", None)
        refusals.append(refused.value.errors)
    assert refusals[0] is refusals[1]


def test_a_document_of_too_many_tokens() -> None:
    assert document_cache(max_tokens=9).operation(PLANS, None)
    with pytest.raises(RequestRefused, match="GRAPHQL_PARSE_FAILED"):
        document_cache(max_tokens=7).operation(PLANS, None)
