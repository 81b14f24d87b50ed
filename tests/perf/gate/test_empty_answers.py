"""Answers that have nothing where somebody else's id was given, or where their items were lost."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse

from gql.build import core_schema
from gql.documents.budgets.choices import Choices
from perf.gate.execution.in_process import (
    NULL_ROOT,
    DocumentAnswer,
    ResourceUsage,
    first_refusal,
)
from perf.gate.variants.empty_answers import NOTHING, empty_lists, refused_if_empty

BRANCH = """query ($id: ID!, $branch: ID) {
  conversation(id: $id) { shown: messages(branch: $branch) { edges { node { id } } } }
}"""
(OPERATION,) = parse(BRANCH).definitions
assert isinstance(OPERATION, OperationDefinitionNode)
CHOICES = tuple(Choices(core_schema(), OPERATION))
FOREIGN = {"id": "existing", "branch": "foreign"}
FULL, NONE = {"edges": [{"node": {"id": "1"}}]}, {"edges": list[object]()}


def answered(shown: object, refusal: str | None = None) -> DocumentAnswer:
    """The answer with this in the place of the messages of the branch."""
    body = {"data": {"conversation": {"shown": shown}}}
    return DocumentAnswer(ResourceUsage((), 0, 0), (body,), refusal)


@pytest.mark.parametrize(
    ("shown", "kinds", "refusal"),
    [
        (NONE, FOREIGN, NOTHING),
        (None, FOREIGN, NOTHING),
        (NONE, FOREIGN | {"branch": "deleted"}, NOTHING),
        (FULL, FOREIGN, None),
        (NONE, FOREIGN | {"branch": "existing"}, None),
        (NONE, {"id": "foreign", "branch": "absent"}, None),
    ],
)
def test_what_took_a_foreign_id_has_nothing(
    shown: object, kinds: dict[str, str], refusal: str | None
) -> None:
    assert refused_if_empty(answered(shown), CHOICES, kinds).refusal == refusal


def test_a_refusal_keeps_its_code() -> None:
    assert refused_if_empty(answered(NONE, "NOT_FOUND"), CHOICES, FOREIGN).refusal == "NOT_FOUND"


def test_lists_that_have_no_items_anywhere_are_named() -> None:
    lines = [{"lines": [], "tags": []}, {"lines": [1], "tags": []}]
    data = {"viewer": {"invoices": lines, "userErrors": []}, "plans": []}
    assert empty_lists([{"data": data}]) == ["viewer.invoices.tags", "plans"]
    assert empty_lists([{"data": None}, {"data": data | {"plans": [1]}}]) == [
        "viewer.invoices.tags"
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"data": {"viewer": {"preview": {"userErrors": [{"code": "INVALID"}]}}}}, "INVALID"),
        ({"data": {"send": {"userErrors": []}, "edges": [{"userErrors": []}]}}, None),
        ({"data": {"send": None}}, NULL_ROOT),
        ({"data": {"send": {"userErrors": [{}]}}}, "no code"),
        ({"data": None, "errors": [{"extensions": {"code": "BAD"}}]}, "BAD"),
    ],
)
def test_a_refusal_is_seen_wherever_it_is(body: dict[str, Any], code: str | None) -> None:
    assert first_refusal([body]) == code
