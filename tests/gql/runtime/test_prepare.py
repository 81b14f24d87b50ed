"""Documents are prepared once, and only so many are kept."""

import gc
import tracemalloc

import pytest
from graphql.execution.values import VariableValues

from gql.build import core_schema
from gql.documents.limits import Limits
from gql.documents.operation import RequestRefused
from gql.documents.prepare import LARGEST_KEPT_BYTES, MOST_KEPT_BYTES, Preparation

CORE = core_schema()
PLANS = "query Plans { plans { code } }"
SMALL_BYTES = 1_000_000
"""What so few small documents hold that a test fills it in no time."""


def preparation(
    max_tokens: int = 2_000, aliases: int = 20, most_kept_bytes: int = MOST_KEPT_BYTES
) -> Preparation:
    return Preparation(
        CORE,
        limits=Limits(tokens=max_tokens, depth=20, aliases=aliases),
        allows_introspection=True,
        most_kept_bytes=most_kept_bytes,
    )


def test_a_document_is_prepared_once() -> None:
    prepared = preparation()
    first = prepared.operation(PLANS, None)
    assert prepared.operation(PLANS, "Plans") is first
    assert (first.name, first.kind) == ("Plans", "query")


def test_the_least_recently_used_is_forgotten() -> None:
    prepared = preparation(most_kept_bytes=SMALL_BYTES)
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
    prepared = preparation(max_tokens=20_000)
    for items, is_kept in ((100, True), (LARGEST_KEPT_BYTES // 950, False)):
        document = "query ($ids: [ID!]! = [" + "7 " * items + "]) { nodes(ids: $ids) { id } }"
        first = prepared.operation(document, None)
        assert (prepared.operation(document, None) is first) is is_kept


def test_nothing_of_a_text_is_held_and_what_is_held_is_bounded() -> None:
    prepared = preparation(most_kept_bytes=SMALL_BYTES)
    comment = "#\N{GRINNING FACE}".ljust(2_000)
    for number in range(100):
        prepared.operation(f"query Q{number} {{ plans {{ code }} }} {comment}", None)
        assert prepared.kept_bytes <= SMALL_BYTES
    assert prepared.kept_bytes > SMALL_BYTES - 100_000


def test_what_is_reckoned_for_a_document_is_not_less_than_it_holds() -> None:
    times = {
        "{" + " ".join(f"a{n}: plans {{ code currency }}" for n in range(100)) + "}": 3,
        "{" + " ".join(f"planz{n}" for n in range(400)) + "}": 20,
        PLANS: 20,
    }
    for text, count in times.items():
        prepared = preparation(aliases=100)
        gc.collect()
        tracemalloc.start()
        for number in range(count):
            _run_three_times(prepared, text + " " * number)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert held < 1.25 * prepared.kept_bytes


def _run_three_times(prepared: Preparation, text: str) -> None:
    try:
        operation = prepared.operation(text, None)
    except RequestRefused:
        return
    assert operation.plans is not None
    plans = [operation.plans.plan(VariableValues({}, {})) for _ in range(3)]
    assert plans[0] is None
    assert plans[2] is not None


def test_a_refusal_is_kept_too() -> None:
    prepared = preparation()
    refusals = []
    for _ in range(2):
        with pytest.raises(RequestRefused) as refused:
            prepared.operation("{ nothing }", None)
        refusals.append(refused.value.errors)
    assert refusals[0] is refusals[1]


def test_a_document_of_too_many_tokens() -> None:
    assert preparation(max_tokens=9).operation(PLANS, None)
    with pytest.raises(RequestRefused, match="GRAPHQL_PARSE_FAILED"):
        preparation(max_tokens=7).operation(PLANS, None)
