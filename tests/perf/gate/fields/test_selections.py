"""Generated documents: their text, their variables, and the values that callers give."""

import pytest

from gql.build import core_schema
from perf.gate.data.callers import FEW_ROWS, TWICE_THE_ROWS
from perf.gate.fields.documents.known_values import (
    AnsweredValue,
    AnsweredValues,
    Day,
    KnownValues,
    NoKnownValue,
)
from perf.gate.fields.documents.selection_walk import merge_selections
from perf.gate.fields.documents.selections import (
    TYPE_NAME,
    Argument,
    FieldSelection,
    SelectionPrinter,
    Step,
    nested,
)
from perf.gate.fields.documents.value_generators import (
    ValueGenerators,
    argument_coordinate,
)


def test_arguments_are_variables_of_one_text() -> None:
    ids = Argument("ids", "[ID!]!", AnsweredValues("Plan.code"))
    steps = [
        Step(FieldSelection("nodes", (ids,)), "Conversation", is_abstract=True),
        Step(
            FieldSelection("messages", (Argument("first", "Int", AnsweredValue("Plan.price")),)),
            "Message",
        ),
    ]
    written = SelectionPrinter()
    assert written.text(nested(steps, (TYPE_NAME, FieldSelection("id", alias="it")))) == (
        " { nodes(ids: $generated0) { __typename ... on Conversation"
        " { messages(first: $generated1) { __typename it: id } } } }"
    )
    assert written.declared == ("$generated0: [ID!]!", "$generated1: Int")
    known = KnownValues(FEW_ROWS)
    for code in ("a", "b", "a"):
        known.remember("Plan.code", code)
    with pytest.raises(NoKnownValue, match=r"Plan\.price"):
        written.values(known)
    known.remember("Plan.price", 3)
    assert written.values(known) == {"generated0": ["a", "b"], "generated1": 3}


def test_days_reach_as_far_as_the_callers_rows() -> None:
    days = [Day(is_first=True), Day(is_first=False)]
    assert [one.value(KnownValues(FEW_ROWS)) for one in days] == ["2026-02-09", "2026-02-20"]
    assert [one.value(KnownValues(TWICE_THE_ROWS)) for one in days] == ["2026-01-28", "2026-02-20"]


def test_values_are_made_of_every_type_of_the_schema() -> None:
    recipes = ValueGenerators()
    recipes.remember("ID", "Plan.id")
    recipes.remember("String", "Plan.code")
    known = KnownValues(FEW_ROWS)
    known.remember("Plan.id", "1")
    known.remember("Plan.code", "basic")
    fields = core_schema().mutation_type.fields  # type: ignore[union-attr]  # there is one
    made = [one.value(known) for one in recipes.of(fields["renameConversation"].args["input"].type)]
    assert made == [
        {"conversationId": "1", "title": "basic"},
        {"conversationId": "1", "title": "The garden"},
    ]


def test_a_text_that_our_own_documents_give_comes_first() -> None:
    generators, known = ValueGenerators(), KnownValues(FEW_ROWS)
    generators.remember("String", "Plan.code")
    known.remember("Plan.code", "basic")
    known.remember(argument_coordinate("query"), "the garden")
    generators.remember_argument("query")
    text = core_schema().type_map["String"]

    def values(name: str) -> list[object]:
        made = generators.of_argument(name, text)  # type: ignore[arg-type]  # it is a scalar
        return [one.value(known) for one in made]

    assert values("query") == ["the garden", "basic", "The garden"]
    assert values("other") == ["basic", "The garden"]


def test_several_are_selected_in_one_document() -> None:
    def reply(*inner: FieldSelection) -> FieldSelection:
        return FieldSelection("reply", inner=inner)

    first, role, at = (FieldSelection(name) for name in ("id", "role", "createdAt"))
    assert merge_selections([(reply(first),), (at,), (reply(role), at), (reply(first),)]) == (
        reply(first, role),
        at,
    )
