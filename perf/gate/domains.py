"""The kinds of values tried for a choice, derived from its type and its positions."""

from dataclasses import dataclass

from graphql import (
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

from gql.documents.choices import Choice
from gql.documents.variants import ABSENT, EMPTY, GIVEN, LARGEST, NULL, SMALLEST, USUAL
from perf.gate import bounds

EXISTING, FOREIGN, DELETED = "existing", "foreign", "deleted"
LONGEST, TOO_LONG = "longest", "too_long"
TOO_SMALL, TOO_LARGE = "too_small", "too_large"
PAST = "past"
_CURSORS = frozenset({"after", "before"})
_DATES = frozenset({"Date", "DateTime"})


@dataclass(frozen=True, slots=True)
class Value:
    """A kind of value, and whether it must always be refused."""

    kind: str
    is_refused: bool = False


def is_cursor(choice: Choice) -> bool:
    """Whether the choice is a cursor argument of a connection."""
    return any(one.is_of_connection and one.name in _CURSORS for one in choice.places)


def said_of(choice: Choice) -> str:
    """The descriptions of all positions where the choice is used."""
    return " ".join(one.description for one in choice.places)


def domain(choice: Choice) -> tuple[Value, ...]:
    """The kinds tried for a choice: absent, null, and each kind of value of its type."""
    values = [] if choice.is_size and choice.has_default else [*_left_out(choice)]
    if not is_non_null_type(choice.type):
        values.append(Value(NULL))
    return (*values, *_of_type(choice))


def _left_out(choice: Choice) -> list[Value]:
    is_optional = choice.has_default or not is_non_null_type(choice.type)
    return [Value(ABSENT)] if is_optional else []


def _of_type(choice: Choice) -> tuple[Value, ...]:
    type_ = get_nullable_type(choice.type)
    if is_enum_type(type_):
        return tuple(Value(name) for name in type_.values)
    if is_list_type(type_):
        return (Value(GIVEN), Value(EMPTY), Value(LARGEST))
    if is_input_object_type(type_):
        return (Value(GIVEN),)
    if choice.is_size:
        return (Value(USUAL), Value(SMALLEST), Value(LARGEST))
    if is_cursor(choice):
        return (Value(GIVEN),)
    return _of_scalar(str(type_), said_of(choice))


def _of_scalar(name: str, said: str) -> tuple[Value, ...]:
    match name:
        case "Boolean":
            return (Value("true"), Value("false"))
        case "ID":
            return (
                Value(EXISTING),
                Value(FOREIGN, is_refused=True),
                Value(DELETED, is_refused=True),
            )
        case "String":
            return _of_text(bounds.of_text(said))
        case "Int":
            return _of_number(bounds.of_number(said))
        case "Date" | "DateTime":
            return (Value(GIVEN), Value(PAST))
    return (Value(GIVEN),)


def _of_text(most: bounds.Bounds) -> tuple[Value, ...]:
    empty = Value(EMPTY, is_refused=most.least > 0)
    values = (Value(GIVEN), empty, Value(LONGEST))
    return (*values, Value(TOO_LONG, is_refused=True)) if most.is_promised else values


def _of_number(most: bounds.Bounds) -> tuple[Value, ...]:
    values = (Value(GIVEN), Value(SMALLEST), Value(LARGEST))
    return (*values, Value(TOO_LARGE, is_refused=True)) if most.is_promised else values
