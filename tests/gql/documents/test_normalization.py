"""Documents without their values: valid, the same for all values, and showing none."""

import pytest

from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.documents.registry.normalization import normalize_document
from gql.documents.validation.limits import Limits
from services.documents.records import NormalizedDocument

CORE = core_schema()
PREPARATION = DocumentCache(
    CORE, limits=Limits(tokens=2_000, depth=15, aliases=20), allows_introspection=True
)


def shape(text: str, name: str | None = None) -> NormalizedDocument:
    return normalize_document(CORE, PREPARATION.operation(text, name))


def flat(text: str) -> str:
    return " ".join(shape(text).text.split())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("{plans{code}}", "{ plans { code } }"),
        (
            '{ node(id: "SECRET") { id } }',
            "query ($value1: ID!) { node(id: $value1) { id } }",
        ),
        (
            '{ nodes(ids: ["SECRET", "7"]) { id } }',
            "query ($value1: [ID!]!) { nodes(ids: $value1) { id } }",
        ),
        (
            "{ viewer { conversations(first: 5, status: ACTIVE) { totalCount } } }",
            """query ($value1: Int) { viewer { conversations(first: $value1, status: ACTIVE)
              { totalCount } } }""",
        ),
        (
            'query Q($value1: ID = "SECRET") { node(id: $value1) { id } b: node(id: 7) { id } }',
            """query Q($value1: ID!, $value2: ID!) { node(id: $value1) { id }
              b: node(id: $value2) { id } }""",
        ),
        (
            '{ a: plans @include(if: true) { code } } # "SECRET"',
            "{ a: plans @include(if: true) { code } }",
        ),
        (
            'query ($id: ID!) { nodes(ids: [$id, "SECRET"]) { id } }',
            "query ($id: ID!, $value1: ID!) { nodes(ids: [$id, $value1]) { id } }",
        ),
        (
            """{ node(id: "SECRET") { ...F } }
              fragment F on Conversation { messages(last: 3) { pageInfo { endCursor } } }""",
            """query ($value1: ID!, $value2: Int) { node(id: $value1) { ...F } }
              fragment F on Conversation { messages(last: $value2) { pageInfo { endCursor } } }""",
        ),
    ],
)
def test_what_is_left(text: str, left: str) -> None:
    assert flat(text) == " ".join(left.split())


@pytest.mark.parametrize(
    "text",
    [
        """mutation { startConversation(input: {title: "SECRET", idempotencyKey: "SECRET"}) {
          userErrors { code } } }""",
        """{ viewer { conversations(first: 5) { edges { node {
          messages(last: 7) { edges { cursor } } } } } } }""",
    ],
)
def test_what_is_left_is_valid_and_has_itself_as_its_shape(text: str) -> None:
    left = shape(text)
    assert "SECRET" not in left.text
    assert shape(left.text) == left


def test_values_make_no_difference() -> None:
    assert shape('{ node(id: "a") { id } }') == shape('{node(id:"b"){id}}')
    assert shape('{ node(id: "a") { id } }') != shape('{ node(id: "a") { __typename } }')


def test_of_several_operations_only_one_is_left() -> None:
    text = (
        "query A { plans { ...F } } query B { viewer { ...G } } "
        "fragment F on Plan { code } fragment G on User { id }"
    )
    left = " ".join(shape(text, "B").text.split())
    assert left == "query B { viewer { ...G } } fragment G on User { id }"


def test_the_cost_is_that_of_the_largest_pages() -> None:
    text = """query P($n: Int!, $all: Boolean!) {
      viewer { conversations(first: $n) @include(if: $all) { totalCount } } }"""
    assert shape(text).cost == 102
