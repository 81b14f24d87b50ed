"""The variants of a document, derived from its variables and the schema."""

from dataclasses import replace

from graphql import FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse

from gql.documents.budgets.budget import DEFAULT, ImpossibleVariant
from gql.documents.budgets.choices import Choice, Choices
from gql.documents.budgets.variants import ANOTHER, UNSEEN, VariantPattern
from gql.documents.trusted_documents import Budget
from gql.values.ids import global_id
from perf.gate.variants.enumerator import Variant, VariantEnumerator
from perf.gate.variants.limits import list_limits, number_limits, text_limits
from perf.gate.variants.value_kinds import (
    DELETED,
    EXISTING,
    FOREIGN,
    LONGEST,
    PAST,
    REPEATED,
    TOO_LARGE,
    TOO_LONG,
    TOO_SMALL,
    value_kinds,
)
from perf.gate.variants.values import make_value
from perf.gate.variants.variables import usual_kinds

SCHEMA = build_schema(
    """
    type Query {
      things(first: Int, after: String, last: Int, before: String, kind: Kind): ThingConnection!
      thing(id: ID!, filter: Filter, words: [String!], share: Float, on: Date): Thing
      many(
        "At most 30 ids."
        ids: [ID!]!
      ): [Thing]!
    }
    type Mutation { change(id: ID!, idempotencyKey: String!): Thing }
    type ThingConnection { edges: [ThingEdge!]! }
    type ThingEdge { cursor: String! node: Thing! }
    type Thing { id: ID! name: String! }
    enum Kind { LARGE SMALL }
    scalar Date
    input Filter {
      "1 to 8,000 characters."
      text: String!
      kind: Kind
      "0 to 90"
      days: Int! = 7
      deeper: Filter
    }
    """
)


PAGE = """query ($kind: Kind, $first: Int! = 20) {
  things(first: $first, kind: $kind) { edges { cursor } }
}"""


def choices_of(text: str) -> tuple[Choice, ...]:
    """The choices of the only operation of a document."""
    definitions = parse(text).definitions
    (operation,) = (one for one in definitions if isinstance(one, OperationDefinitionNode))
    fragments = [one for one in definitions if isinstance(one, FragmentDefinitionNode)]
    return tuple(Choices(SCHEMA, operation, fragments))


def kinds_of(text: str) -> dict[str, list[str]]:
    """The kinds of values of each choice, those that are refused with a mark."""
    return {
        choice.name: [f"{one.kind}{'!' * one.is_refused}" for one in value_kinds(choice)]
        for choice in choices_of(text)
    }


def variants(
    text: str,
    *,
    callers: tuple[str, ...] = ("person",),
    budget: Budget = DEFAULT,
    strength: int = 2,
) -> list[Variant]:
    """The variants of a document whose flow gives nothing."""
    choices = choices_of(text)
    usual = usual_kinds(choices, {})
    return VariantEnumerator(choices, usual, callers, budget).all(strength=strength)


def test_what_is_tried_follows_from_the_types() -> None:
    text = """query ($id: ID!, $filter: Filter, $words: [String!], $share: Float!, $on: Date!) {
      thing(id: $id, filter: $filter, words: $words, share: $share, on: $on) { id }
    }"""
    assert kinds_of(text) == {
        "id": ["existing", "foreign!", "deleted!"],
        "filter": ["absent", "null", "given"],
        "filter.text": ["given", "empty!", "longest", "too_long!"],
        "filter.kind": ["absent", "null", "LARGE", "SMALL"],
        "filter.days": ["absent", "given", "smallest", "largest", "too_large!"],
        # An input within itself is given as a whole.
        "filter.deeper": ["absent", "null", "given"],
        "words": ["absent", "null", "given", "empty", "largest"],
        "share": ["given"],
        "on": ["given", "past"],
    }


def test_pages_are_known_by_where_a_variable_is_used() -> None:
    text = """query ($size: Int! = 20, $first: Int, $from: String, $kind: Kind!, $with: Boolean!) {
      things(last: $size, before: $from, kind: $kind) { ...Edges @include(if: $with) }
      other: things(first: $first) { edges { cursor } }
    }
    fragment Edges on ThingConnection { edges { node { id } } }"""
    assert kinds_of(text) == {
        "size": ["default", "smallest", "largest"],
        "first": ["absent", "null", "default", "smallest", "largest"],
        "from": ["absent", "null", "given"],
        "kind": ["LARGE", "SMALL"],
        "with": ["true", "false"],
    }


def test_a_key_is_also_used_a_second_time() -> None:
    text = """mutation ($id: ID!, $idempotencyKey: String!) {
      change(id: $id, idempotencyKey: $idempotencyKey) { id }
    }"""
    assert kinds_of(text)["idempotencyKey"] == ["given", "empty", "longest", "repeated"]


def test_the_server_sees_no_kind_that_only_the_gate_can_know() -> None:
    kinds = {LONGEST, TOO_LONG, TOO_SMALL, TOO_LARGE, PAST, EXISTING, FOREIGN, DELETED, REPEATED}
    assert kinds | {ANOTHER} == UNSEEN
    seen = {"longest": False, "largest": True, "SMALL": True}
    for kind, is_recognised in seen.items():
        pattern = VariantPattern((("first", frozenset({kind})), ("caller", frozenset({"ops"}))))
        assert pattern.is_recognised is is_recognised


def test_the_largest_list_has_different_ids() -> None:
    (choice,) = choices_of("query ($ids: [ID!]!) { many(ids: $ids) { id } }")
    made = make_value(choice, "largest", [global_id("Thing", 1)])
    assert (len(made), len(set(made)), made[0]) == (30, 30, global_id("Thing", 1))


def test_bounds_are_those_that_the_schema_promises() -> None:
    assert (text_limits("One line of 1 to 120 characters.").minimum) == 1
    assert (text_limits("By when: at most 200 characters.").most) == 200
    assert text_limits("Chosen by the client, 1 to 255 printable characters, new.").most == 255
    assert not text_limits("The code of a plan on sale.").is_documented
    assert (number_limits("0 to 2,592,000 (30 days)").most, number_limits("A number.").most) == (
        2_592_000,
        2**31 - 1,
    )
    assert list_limits("At most 100 ids that objects gave.").most == 100


def test_each_two_choices_are_together_once_and_what_is_refused_is_by_itself() -> None:
    found = variants(PAGE)
    answered = [one.kinds for one in found if one.refused_because is None]
    assert answered[0] == {"kind": "absent", "first": "default", "caller": "person"}
    pairs = {(one["kind"], one["first"]) for one in answered}
    assert len(pairs) == 4 * 3
    # Of another account is who asks for what is theirs.
    assert {one["caller"] for one in answered} == {"person", "another"}
    refused = {one.kinds["caller"] for one in found if one.refused_because}
    assert refused == {"nobody", "company", "ops"}


def test_each_choice_once_is_the_short_form() -> None:
    answered = [one.kinds for one in variants(PAGE, strength=1) if one.refused_because is None]
    assert {one["kind"] for one in answered} == {"absent", "null", "LARGE", "SMALL"}
    assert {one["first"] for one in answered} == {"default", "smallest", "largest"}
    assert len(answered) == 4 + 1


def test_both_ends_of_a_page_are_refused_together() -> None:
    text = """query ($first: Int, $last: Int) {
      things(first: $first, last: $last) { edges { cursor } }
    }"""
    both = [
        (one.kinds["first"], one.kinds["last"], one.refused_because)
        for one in variants(text)
        if not {one.kinds["first"], one.kinds["last"]} & {"absent", "null"}
    ]
    assert both == [("largest", "largest", "first and last are not together")]


def test_fields_are_chosen_where_their_input_is_given() -> None:
    text = "query ($id: ID!, $filter: Filter) { thing(id: $id, filter: $filter) { id } }"
    for one in variants(text):
        inner = {name for name in one.kinds if name.startswith("filter.")}
        assert bool(inner) is (one.kinds["filter"] == "given")
    refused = [one.kinds for one in variants(text) if one.kinds.get("filter.text") == "too_long"]
    assert [one["filter"] for one in refused] == ["given"]


def test_what_is_impossible_is_tried_by_itself() -> None:
    where = VariantPattern(
        (("kind", frozenset({"LARGE"})), ("first", frozenset({"largest", "smallest"})))
    )
    budget = replace(DEFAULT, impossible=(ImpossibleVariant(where, "they are too many"),))
    large = [
        (one.kinds["first"], one.refused_because)
        for one in variants(PAGE, budget=budget)
        if one.kinds["kind"] == "LARGE"
    ]
    assert sorted(large, key=str) == [
        ("default", None),
        ("largest", "they are too many"),
        ("smallest", "they are too many"),
    ]
