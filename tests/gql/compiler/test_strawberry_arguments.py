"""Inputs of every kind become what strawberry makes of them, or are left to it."""

from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from graphql import GraphQLField, GraphQLObjectType, OperationDefinitionNode, parse
from graphql.execution import get_argument_values
from graphql.execution.values import VariableValues, get_variable_values
from strawberry import UNSET

from gql.compiler.resolution.arguments import arguments
from gql.compiler.resolution.strawberry_fields import unwrapped


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.input
class Inner:
    number: int
    colour: Colour = Colour.RED
    text: str | None = UNSET


@strawberry.input
class Outer:
    inner: Inner
    inners: list[Inner] = strawberry.field(default_factory=list)
    maybe: list[Inner | None] | None = None
    renamed: int | None = strawberry.field(name="inOther", default=7)
    colours: list[list[Colour]] | None = UNSET


@strawberry.input
class Again:
    again: "Again | None" = None


@strawberry.type
class Query:
    @strawberry.field
    def plain(self, number: int, text: str | None = UNSET, colour: Colour = Colour.BLUE) -> str:
        return repr((number, text, colour))

    @strawberry.field
    def lists(self, of: list[int], colours: list[Colour | None] | None = None) -> str:
        return repr((of, colours))

    @strawberry.field
    def whole(self, outer: Outer, inner: Inner | None = None) -> str:
        return repr((outer, inner))

    @strawberry.field
    def several(self, inners: list[Inner] | None = UNSET) -> str:
        return repr(inners)

    @strawberry.field
    def recursive(self, it: Again) -> str:
        return repr(it)

    @strawberry.field
    def maybe(self, it: strawberry.Maybe[int]) -> str:
        return repr(it)


CORE = strawberry.Schema(Query)._schema
assert isinstance(CORE.query_type, GraphQLObjectType)
FIELDS: dict[str, GraphQLField] = CORE.query_type.fields
ONLY_STRAWBERRYS = {"recursive", "maybe"}
"""Fields whose arguments strawberry converts for each call."""
INNER = "{number: 1, colour: BLUE, text: null}"
OUTER = f"{{inner: {INNER}, inners: [{INNER}, {{number: 2}}], maybe: [null], inOther: 3}}"
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("plain(number: 1)", "", {}),
    ('plain(number: $n, text: "x", colour: RED)', "$n: Int!", {"n": 2}),
    ("plain(number: $n, text: $t, colour: $c)", "$n: Int!, $t: String, $c: Colour", {"n": 2}),
    ("plain(number: $n, text: $t)", "$n: Int!, $t: String", {"n": 2, "t": None}),
    ("plain(number: $n, colour: $c)", "$n: Int!, $c: Colour!", {"n": 2, "c": "RED"}),
    ("lists(of: 1)", "", {}),
    ("lists(of: [1, $n], colours: [RED, null])", "$n: Int!", {"n": 2}),
    ("lists(of: $l, colours: $c)", "$l: [Int!]!, $c: [Colour]", {"l": [1], "c": ["RED", None]}),
    ("lists(of: $l, colours: $c)", "$l: [Int!]!, $c: [Colour]", {"l": 1}),
    (f"whole(outer: {OUTER}, inner: {INNER})", "", {}),
    ("whole(outer: {inner: {number: $n}})", "$n: Int!", {"n": 2}),
    (
        "whole(outer: $o, inner: $i)",
        "$o: Outer!, $i: Inner",
        {"o": {"inner": {"number": 1}, "colours": [["RED"], []], "maybe": None}, "i": None},
    ),
    ("whole(outer: $o)", "$o: Outer!", {"o": {"inner": {"number": 1}, "inOther": None}}),
    ("several", "", {}),
    ("several(inners: $i)", "$i: [Inner!]", {"i": [{"number": 1}, {"number": 2, "text": "x"}]}),
    ("several(inners: $i)", "$i: [Inner!]", {"i": {"number": 1}}),
    ("several(inners: null)", "", {}),
    ("recursive(it: $i)", "$i: Again!", {"i": {"again": {"again": None}}}),
    ("maybe(it: $i)", "$i: Int", {"i": None}),
]


@pytest.mark.parametrize(("call", "declared", "given"), CASES)
def test_what_a_resolver_gets(call: str, declared: str, given: dict[str, Any]) -> None:
    (operation,) = parse(f"query {f'({declared})' if declared else ''} {{ {call} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    node: Any = operation.selection_set.selections[0]
    field_ = FIELDS[node.name.value]
    how = unwrapped(CORE, field_)
    if node.name.value in ONLY_STRAWBERRYS:
        assert how is None
        return
    assert how is not None
    values = get_variable_values(CORE, operation.variable_definitions or (), given)
    assert isinstance(values, VariableValues)
    found = arguments(field_, node, how)
    assert found is not None
    running: Any = SimpleNamespace(variable_values=values)
    expected = how.converted(get_argument_values(field_, node, values))
    first, second = found.coerce(running), found.coerce(running)
    assert first == second == expected
    assert repr(sorted(first.items())) == repr(sorted(expected.items()))
    if not found.is_shared:
        # What a resolver changes is not what the next gets.
        for name, value in first.items():
            assert not isinstance(value, list | Inner | Outer) or value is not second[name]
