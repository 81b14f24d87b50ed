"""Input types of every shape, and values for them, fitting or not."""

import json
from datetime import date
from itertools import count
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
    is_leaf_type,
)
from hypothesis import strategies as st

# Any, in this module: types of every kind, and JSON.
Values = st.SearchStrategy[Any]


def _day(value: Any) -> date | None:
    """A day; none of 2000-01-01, and what is no day is refused."""
    if value == "2000-01-01":
        return None
    return Undefined if value == "undefined" else date.fromisoformat(value)  # type: ignore[return-value]  # as some scalars do


DAY = GraphQLScalarType("Day", coerce_input_value=_day)
ANYTHING = GraphQLScalarType("Anything")
COLOUR = GraphQLEnumType("Colour", {"RED": None, "GREEN": None})
LEVEL = GraphQLEnumType("Level", {"LOW": 1, "HIGH": 2})
LEAVES = [
    GraphQLString,
    GraphQLID,
    GraphQLInt,
    GraphQLFloat,
    GraphQLBoolean,
    DAY,
    ANYTHING,
    COLOUR,
    LEVEL,
]
DEFAULTS: dict[Any, list[Any]] = {
    GraphQLString: ["text", None],
    GraphQLInt: [7, None],
    GraphQLBoolean: [False],
    LEVEL: [2],
}
RECURSIVE: GraphQLInputObjectType = GraphQLInputObjectType(
    "Again",
    lambda: {"again": GraphQLInputField(RECURSIVE), "n": GraphQLInputField(GraphQLInt)},
)
ONE_OF = GraphQLInputObjectType(
    "OneOf",
    {"a": GraphQLInputField(GraphQLInt), "b": GraphQLInputField(GraphQLString)},
    is_one_of=True,
)
TAKEN = GraphQLInputObjectType(
    "Taken", {"a": GraphQLInputField(GraphQLInt)}, out_type=lambda given: ("taken", given)
)
_numbers = count()
EXACT: dict[str, Values] = {
    "String": st.text(max_size=5),
    "ID": st.text(max_size=5),
    "Int": st.integers(-(2**31), 2**31 - 1),
    "Float": st.floats(allow_nan=False, allow_infinity=False),
    "Boolean": st.booleans(),
    "Day": st.dates().map(date.isoformat),
    "Date": st.dates().map(date.isoformat),
    "DateTime": st.just("2026-02-20T09:30:00Z"),
    "Anything": st.sampled_from([1, "x", [1], {"a": None}]),
}
JSON: Values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats()
    | st.sampled_from(["", "RED", "LOW", "2026-02-30", "2000-01-01", "undefined", "x", "7"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["a", "b", "f0", "f1", "n", "unknown"]), inner, max_size=2
        )
    ),
    max_leaves=4,
)


@st.composite
def input_types(draw: st.DrawFn, depth: int = 0) -> Any:
    """A type that arguments and variables may have."""
    kind = draw(st.integers(0, 9))
    if kind < 5 or depth > 2:
        type_: Any = draw(st.sampled_from(LEAVES))
    elif kind < 7:
        type_ = GraphQLList(draw(input_types(depth + 1)))
    elif kind < 9:
        type_ = draw(_objects(depth))
    else:
        type_ = draw(st.sampled_from([RECURSIVE, ONE_OF, TAKEN]))
    return GraphQLNonNull(type_) if draw(st.booleans()) else type_


@st.composite
def _objects(draw: st.DrawFn, depth: int) -> Any:
    fields = {}
    for number in range(draw(st.integers(1, 3))):
        type_ = draw(input_types(depth + 1))
        out_name = draw(st.sampled_from([None, f"renamed{number}"]))
        default = draw(defaults(type_))
        fields[f"f{number}"] = GraphQLInputField(type_, default_value=default, out_name=out_name)
    return GraphQLInputObjectType(f"Object{next(_numbers)}", fields)


def defaults(type_: Any) -> Values:
    """A default for what is of the type, or none."""
    named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    known = DEFAULTS.get(named, []) if is_leaf_type(named) else []
    if named is not type_:
        known = [one for one in known if one is not None]
    return st.sampled_from([Undefined, Undefined, *known])


@st.composite
def arguments_of(draw: st.DrawFn) -> GraphQLArgument:
    """An argument of any type."""
    type_ = draw(input_types())
    out_name = draw(st.sampled_from([None, "renamed"]))
    return GraphQLArgument(type_, default_value=draw(defaults(type_)), out_name=out_name)


@st.composite
def values(draw: st.DrawFn, type_: Any, *, wrong: float = 0.0) -> Any:
    """JSON for a type; at any place something else with the chance `wrong`."""
    if draw(st.floats(0, 1)) < wrong:
        return draw(JSON)
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    elif draw(st.integers(0, 4)) == 0:
        return None
    if isinstance(type_, GraphQLList):
        return draw(st.lists(values(type_.of_type, wrong=wrong), max_size=3))
    if isinstance(type_, GraphQLInputObjectType):
        return {
            name: draw(values(field.type, wrong=wrong))
            for name, field in type_.fields.items()
            if _is_needed(field) or draw(st.booleans())
        }
    if isinstance(type_, GraphQLEnumType):
        return draw(st.sampled_from(sorted(type_.values)))
    return draw(EXACT[type_.name])


def _is_needed(field: GraphQLInputField) -> bool:
    is_recursive = field.type is RECURSIVE
    return not is_recursive and isinstance(field.type, GraphQLNonNull)


def literal(value: Any, type_: Any) -> str:
    """A value as a document has it; texts for enums are names."""
    if isinstance(type_, GraphQLNonNull):
        return literal(value, type_.of_type)
    if isinstance(value, list):
        item = type_.of_type if isinstance(type_, GraphQLList) else None
        return f"[{', '.join(literal(one, item) for one in value)}]"
    if isinstance(value, dict):
        fields = type_.fields if isinstance(type_, GraphQLInputObjectType) else {}
        inner = (
            f"{name}: {literal(one, fields[name].type if name in fields else None)}"
            for name, one in value.items()
        )
        return f"{{{', '.join(inner)}}}"
    if isinstance(type_, GraphQLEnumType) and isinstance(value, str) and value.isidentifier():
        return value
    if isinstance(value, float) and value - value != 0.0:
        return "0.5"
    return json.dumps(value)
