"""Documents are prepared once, and only so many are kept."""

import pytest

from gql.build import core_schema
from gql.execution.prepare import Preparation, RequestRefused
from gql.operations.limits import Limits

CORE = core_schema()
PLANS = "query Plans { plans { code } }"


def preparation(max_tokens: int = 2_000) -> Preparation:
    return Preparation(
        CORE, limits=Limits(tokens=max_tokens, depth=20, aliases=20), allows_introspection=True
    )


def test_a_document_is_prepared_once() -> None:
    prepared = preparation()
    first = prepared.operation(PLANS, None)
    assert prepared.operation(PLANS, "Plans") is first
    assert (first.name, first.kind) == ("Plans", "query")


def test_the_least_recently_used_is_forgotten() -> None:
    prepared = preparation()
    first = prepared.operation(PLANS, None)
    for number in range(999):
        prepared.operation(f"query Q{number} {{ plans {{ code }} }}", None)
    assert prepared.operation(PLANS, None) is first
    prepared.operation("{ plans { displayName } }", None)
    prepared.operation("{ plans { currency } }", None)
    assert prepared.operation(PLANS, None) is first
    for number in range(1_000):
        prepared.operation(f"query R{number} {{ plans {{ code }} }}", None)
    assert prepared.operation(PLANS, None) is not first


def test_a_huge_document_is_served_and_not_kept() -> None:
    prepared = preparation()
    document = PLANS + " " * 100_000
    assert prepared.operation(document, None) is not prepared.operation(document, None)


def test_only_so_much_text_is_kept() -> None:
    prepared = preparation()
    documents = [f"query Q{number} {{ plans {{ code }} }}".ljust(75_000) for number in range(5)]
    operations = [prepared.operation(document, None) for document in documents]
    again = [prepared.operation(document, None) for document in reversed(documents)]
    is_kept = [one is other for one, other in zip(operations, reversed(again), strict=True)]
    assert is_kept == [False, True, True, True, True]


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
