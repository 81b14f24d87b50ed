"""Texts known by what is left of them without their values, before anything is parsed."""

import pytest

from gql.build import core_schema
from gql.execution.prepare import Preparation
from gql.operations.limits import Limits
from gql.operations.shape import shape_of
from gql.operations.skeleton import LONGEST, skeleton

CORE = core_schema()
PREPARATION = Preparation(
    CORE, limits=Limits(tokens=2_000, depth=15, aliases=100), allows_introspection=False
)


@pytest.mark.parametrize(
    "text",
    [
        'query A { node(id: "a) { b # c") { id } }',
        'query A { node(id: """ \\""" " ) """) { id } } # } and "more',
        "query A($id: ID! = 7) { node(id: $id) { ... @include(if: true) { id } } }",
        """query A { viewer { ...F ...E, conversations(first: 3) { pageInfo { hasNextPage } } } }
        fragment F on User { email } fragment E on User { id }""",
        'mutation A { archiveConversation(input: {conversationId: "x"}) { userErrors { code } } }',
        'query A { nodes(ids: ["a", "b", 7]) { id } }',
    ],
)
def test_a_text_has_the_skeleton_of_its_shape(text: str) -> None:
    shape = shape_of(CORE, PREPARATION.operation(text, None))
    assert skeleton(text) == skeleton(shape.text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("query A { plans { code } }", "query B { plans { code } }"),
        ("query A { plans { code } }", "query A { plans { code currency } }"),
        ("query A { plans { code } }", "{ plans { code } }"),
        ("query A { plans { code } }", "query A { plans { code } } query B { plans { code } }"),
    ],
)
def test_other_selections_have_another(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


def test_a_long_text_has_none() -> None:
    assert skeleton("x" * LONGEST) == "x" * LONGEST
    assert skeleton("x" * (LONGEST + 1)) is None


@pytest.mark.parametrize("piece", ['"\\', '"', "(", '"""\\', '"""a"', "()"])
def test_what_does_not_end_is_read_once(piece: str) -> None:
    assert skeleton((piece * LONGEST)[:LONGEST]) is not None
