"""The cost of operations: known before they run, and what came of them afterwards."""

from typing import Any

import pytest
from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
)

from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.documents.operation import Operation
from gql.documents.validation.limits import Limits
from gql.runtime.execution import coerce_variables
from gql.values.cost_weights import DEFAULT_LIST_SIZE, assumed_list_size, weight_of
from gql.values.list_sizes import MAX_PAGE_SIZE

CORE = core_schema()
PREPARATION = DocumentCache(
    CORE, limits=Limits(tokens=2_000, depth=20, aliases=100), allows_introspection=True
)


def prepared(document: str, variables: dict[str, Any] | None = None) -> tuple[Operation, Any]:
    operation = PREPARATION.operation(document, None)
    return operation, coerce_variables(CORE, operation, variables).coerced


def cost(document: str, variables: dict[str, Any] | None = None) -> int:
    operation, values = prepared(document, variables)
    return operation.cost.of(values)


def page(arguments: str, inner: str = "title") -> str:
    return f"{{ viewer {{ conversations{arguments} {{ edges {{ node {{ {inner} }} }} }} }} }}"


SIZED = "query ($n: Int, $m: Int = 3) " + page(
    "(first: $n)", "messages(last: $m) { edges { cursor } }"
)
DIRECTED = """query ($with: Boolean!, $without: Boolean!) { viewer {
  subscription @include(if: $with) { status }
  quota @skip(if: $without) { used }
} }"""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ __typename }", 0),
        ("{ viewer { id email } }", 1),
        ("{ viewer { subscription { plan { code } } quota { used } } }", 4),
        (page(""), 21),
        (page("(first: 5)"), 6),
        (page("(last: 7)"), 8),
        (page("(first: null)"), 21),
        (page("(first: -5)"), 1),
        (page("(first: 1000000000)"), 1_000_000_001),
        (page("(first: 5)", "messageCount"), 11),
        (page("(first: 5)", "lastMessage { content }"), 11),
        (page("(first: 20)", "messages(last: 10) { edges { node { content } } }"), 221),
        ("{ viewer { conversations(first: 5) { totalCount pageInfo { hasNextPage } } } }", 7),
        ("{ plans { code } }", 10),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        (
            """{ enterpriseAccount {
              dailyUsage(from: "2026-01-01", to: "2026-12-31") { usageDate } } }""",
            11,
        ),
        ("{ enterpriseAccount { credentials { status } } }", 101),
        ("{ ops { slowQueries(top: 4) { calls } } }", 5),
        ("{ ops { slowQueries { calls } } }", 11),
        ("{ __schema { types { name } } }", 1 + len(CORE.type_map)),
        # Merged as they are executed: requested twice, loaded once.
        ("{ viewer { quota { used } } viewer { quota { limit } } }", 2),
        ("{ ...A ...A } fragment A on Query { viewer { id } }", 1),
        (
            """{ ...A ...B }
              fragment A on Query { viewer { id } } fragment B on Query { viewer { id } }""",
            1,
        ),
        ("{ a: viewer { id } b: viewer { id } }", 2),
        # Of the types that a node may have the most expensive counts.
        (
            """{ node(id: "x") { ... on Message { conversation { id } }
              ... on User { conversations(first: 3) { edges { cursor } } } } }""",
            4,
        ),
        ("{ viewer { quota @skip(if: true) { used } } }", 1),
        ("{ viewer { quota @include(if: true) { used } } }", 2),
        (
            """mutation { archiveConversation(input: {conversationId: "x"}) {
              conversation { id } userErrors { code } } }""",
            13,
        ),
        ('subscription { replyStream(messageId: "x") { ... on ReplyDelta { text } } }', 1),
    ],
)
def test_what_documents_cost(document: str, expected: int) -> None:
    assert cost(document) == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"n": 5, "m": 10}, 56),
        ({"n": 5}, 21),
        ({}, 81),
        ({"n": None, "m": None}, 421),
        ({"n": 0}, 1),
    ],
)
def test_sizes_by_variables(variables: dict[str, Any], expected: int) -> None:
    assert cost(SIZED, variables) == expected


def test_what_a_variable_leaves_out_costs_nothing() -> None:
    for with_, without, expected in ((True, False, 3), (False, False, 2), (False, True, 1)):
        assert cost(DIRECTED, {"with": with_, "without": without}) == expected


def test_the_number_of_ids_in_a_variable() -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert cost(document, {"ids": ["a"] * 9}) == 9


def test_what_came_of_it_is_counted_alike() -> None:
    document = page(
        "(first: 20)", "lastMessage { content } messages(last: 10) { edges { cursor } }"
    )
    operation, values = prepared(document)
    node = {"lastMessage": {"content": "x"}, "messages": {"edges": [{"cursor": "c"}] * 4}}
    empty: dict[str, Any] = {"lastMessage": None, "messages": {"edges": []}}
    edges = [{"node": node}, {"node": empty}]
    data = {"viewer": {"conversations": {"edges": edges}}}
    assert operation.cost.of(values) == 1 + 20 * (1 + 1 + 10)
    assert operation.cost.actual(values, data) == 1 + 2 + 1 + 4
    assert operation.cost.actual(values, {"viewer": None}) == 0


def test_names_in_the_answer_may_be_others() -> None:
    document = """{ me: viewer { all: conversations(first: 9) {
      e: edges { n: node { quick: messageCount } } } } }"""
    operation, values = prepared(document)
    data = {"me": {"all": {"e": [{"n": {"quick": 3}}] * 2}}}
    assert operation.cost.of(values) == 1 + 9 * 2
    assert operation.cost.actual(values, data) == 1 + 2 * 2


def test_a_page_whose_rows_were_not_requested_costs_its_estimate() -> None:
    operation, values = prepared("{ viewer { conversations(first: 9) { totalCount } } }")
    data = {"viewer": {"conversations": {"totalCount": 4}}}
    assert operation.cost.actual(values, data) == operation.cost.of(values) == 11


def test_never_more_than_it_was_to_cost() -> None:
    operation, values = prepared("{ plans { code } }")
    assert operation.cost.actual(values, {"plans": [{"code": "x"}] * 30}) == 10


def test_the_advice_is_never_more_than_a_page_may_have() -> None:
    operation, values = prepared(page("(first: 1000000000)"))
    (huge,) = operation.cost.most_expensive(values, maximum=5_000)
    assert (huge.size, huge.at_most) == (1_000_000_000, MAX_PAGE_SIZE)


def test_the_most_expensive_places_and_what_to_select_instead() -> None:
    document = page("(first: 100)", "messages(last: 50) { edges { node { content } } }")
    operation, values = prepared(document)
    assert operation.cost.of(values) == 5_101
    outer, inner = operation.cost.most_expensive(values, maximum=2_000)
    assert (outer.path, outer.cost, outer.size, outer.argument) == (
        "viewer.conversations",
        5_100,
        100,
        "first",
    )
    assert (inner.path, inner.size, inner.argument) == (
        "viewer.conversations.edges.node.messages",
        50,
        "last",
    )
    assert (outer.at_most, inner.at_most) == (39, 18)
    for first, last in ((39, 50), (100, 18)):
        smaller = page(
            f"(first: {first})", f"messages(last: {last}) {{ edges {{ node {{ content }} }} }}"
        )
        assert cost(smaller) <= 2_000
    for first, last in ((40, 50), (100, 19)):
        larger = page(
            f"(first: {first})", f"messages(last: {last}) {{ edges {{ node {{ content }} }} }}"
        )
        assert cost(larger) > 2_000


def test_every_list_of_objects_declares_how_long_it_is() -> None:
    """Unless it is a connection's, whose page is requested."""
    undeclared = []
    for type_ in CORE.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        for name, field in type_.fields.items():
            given = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
            items = get_named_type(field.type)
            weight = weight_of(field.extensions)
            is_declared = (
                weight.slicing_argument is not None
                or weight.item_cost == 0
                or assumed_list_size(items.name, weight) != DEFAULT_LIST_SIZE
                or f"{type_.name}.{name}" == "EnterpriseAccount.credentials"
                or items.name.endswith("Edge")
            )
            if isinstance(given, GraphQLList) and is_composite_type(items) and not is_declared:
                undeclared.append(f"{type_.name}.{name}")
    assert undeclared == []
