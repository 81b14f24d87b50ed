"""The kinds of values tried for a choice, derived from its type and its positions."""

from dataclasses import dataclass

from graphql import (
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

from gql.documents.budgets.choices import Choice
from gql.documents.budgets.variants import ABSENT, EMPTY, GIVEN, LARGEST, NULL, SMALLEST, USUAL
from perf.gate.variants.limits import Limits, number_limits, text_limits

EXISTING, FOREIGN, DELETED = "existing", "foreign", "deleted"
LONGEST, TOO_LONG = "longest", "too_long"
TOO_SMALL, TOO_LARGE = "too_small", "too_large"
PAST = "past"
REPEATED = "repeated"
"""An idempotency key that the same request used before."""
_CURSORS = frozenset({"after", "before"})
_KEY = "idempotencyKey"


@dataclass(frozen=True, slots=True)
class ValueKind:
    """A kind of value, and whether it must always be refused."""

    kind: str
    is_refused: bool = False


def is_cursor(choice: Choice) -> bool:
    """Whether the choice is a cursor argument of a connection."""
    return any(one.is_of_connection and one.name in _CURSORS for one in choice.places)


def description_of(choice: Choice) -> str:
    """The descriptions of all positions where the choice is used."""
    return " ".join(one.description for one in choice.places)


def value_kinds(choice: Choice) -> tuple[ValueKind, ...]:
    """The kinds tried for a choice: absent, null, and each kind of value of its type."""
    values = [] if choice.is_size and choice.has_default else [*_left_out(choice)]
    if not is_non_null_type(choice.type):
        values.append(ValueKind(NULL))
    return (*values, *_of_type(choice))


def _left_out(choice: Choice) -> list[ValueKind]:
    is_optional = choice.has_default or not is_non_null_type(choice.type)
    return [ValueKind(ABSENT)] if is_optional else []


def _of_type(choice: Choice) -> tuple[ValueKind, ...]:
    type_ = get_nullable_type(choice.type)
    if is_enum_type(type_):
        return tuple(ValueKind(name) for name in type_.values)
    if is_list_type(type_):
        return (ValueKind(GIVEN), ValueKind(EMPTY), ValueKind(LARGEST))
    if is_input_object_type(type_):
        return (ValueKind(GIVEN),)
    if choice.is_size:
        return (ValueKind(USUAL), ValueKind(SMALLEST), ValueKind(LARGEST))
    if is_cursor(choice):
        return (ValueKind(GIVEN),)
    values = _of_scalar(str(type_), description_of(choice))
    return (*values, ValueKind(REPEATED)) if _is_idempotency_key(choice) else values


def _is_idempotency_key(choice: Choice) -> bool:
    return any(one.name == _KEY for one in choice.places)


def _of_scalar(name: str, description: str) -> tuple[ValueKind, ...]:
    match name:
        case "Boolean":
            return (ValueKind("true"), ValueKind("false"))
        case "ID":
            return (
                ValueKind(EXISTING),
                ValueKind(FOREIGN, is_refused=True),
                ValueKind(DELETED, is_refused=True),
            )
        case "String":
            return _of_text(text_limits(description))
        case "Int":
            return _of_number(number_limits(description))
        case "Date" | "DateTime":
            return (ValueKind(GIVEN), ValueKind(PAST))
    return (ValueKind(GIVEN),)


def _of_text(most: Limits) -> tuple[ValueKind, ...]:
    empty = ValueKind(EMPTY, is_refused=most.minimum > 0)
    values = (ValueKind(GIVEN), empty, ValueKind(LONGEST))
    return (*values, ValueKind(TOO_LONG, is_refused=True)) if most.is_documented else values


def _of_number(most: Limits) -> tuple[ValueKind, ...]:
    values = (ValueKind(GIVEN), ValueKind(SMALLEST), ValueKind(LARGEST))
    return (*values, ValueKind(TOO_LARGE, is_refused=True)) if most.is_documented else values
