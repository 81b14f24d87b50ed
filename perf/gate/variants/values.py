"""Generate values from types and from the limits that the schema promises."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from graphql import (
    GraphQLInputType,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
)

from gql.documents.budgets.choices import Choice
from gql.documents.budgets.variants import EMPTY, LARGEST, SMALLEST
from gql.errors import BadUserInput
from gql.values.ids import global_id, parse_global_id
from perf.gate.execution.in_process import NOW
from perf.gate.variants.limits import list_limits, number_limits, text_limits
from perf.gate.variants.value_kinds import LONGEST, PAST, TOO_LARGE, TOO_LONG, description_of

NO_KEY = 2**53
"""A key that no row has."""
_TEXT = "The garden, in spring"
_PAST = timedelta(days=300)


# Any: variables are JSON.
def usual_value(type_: GraphQLInputType, description: str) -> Any:
    """A value of a type that needs no preparation; `Undefined` if there is none."""
    nullable = get_nullable_type(type_)
    if is_list_type(nullable):
        item = usual_value(nullable.of_type, description)
        return Undefined if item is Undefined else [item]
    if is_input_object_type(nullable):
        return {}
    if is_enum_type(nullable):
        return next(iter(nullable.values))
    values = {
        "String": _TEXT,
        "Int": max(1, number_limits(description).minimum),
        "Float": 1.5,
        "Boolean": True,
        "Date": str(NOW.date()),
        "DateTime": NOW.isoformat(),
    }
    return values.get(str(nullable), Undefined)


# Any: as above.
def make_value(choice: Choice, kind: str, usual: Any) -> Any:
    """A value of this kind; long texts and earlier dates are derived from the usual value."""
    description, type_ = description_of(choice), get_nullable_type(choice.type)
    if is_list_type(type_):
        return [] if kind == EMPTY else largest_list(usual, list_limits(description).most)
    name = get_named_type(type_).name
    if name == "Boolean":
        return kind == "true"
    if name == "String":
        most = text_limits(description).most
        return {EMPTY: "", LONGEST: _long(usual, most), TOO_LONG: _long(usual, most + 1)}[kind]
    if name == "Int":
        number = number_limits(description)
        return {SMALLEST: number.minimum, LARGEST: number.most, TOO_LARGE: number.most + 1}[kind]
    return _before(usual) if kind == PAST else kind


# Any: as above.
def largest_list(usual: Sequence[Any], most: int) -> list[Any]:
    """As many items as allowed: the usual ones, and ids of nothing, as equal ids are read once."""
    return [
        usual[index] if index < len(usual) else _another(usual[index % len(usual)], index)
        for index in range(most)
    ]


# Any: as above.
def _another(item: Any, number: int) -> Any:
    try:
        type_name, _ = parse_global_id(item)
    except (AttributeError, BadUserInput):
        return item
    return global_id(type_name, NO_KEY - number)


def _before(usual: str) -> str:
    past = datetime.fromisoformat(usual) - _PAST
    return past.isoformat() if "T" in usual else str(past.date())


def _long(usual: str, length: int) -> str:
    """A text of this length that is as unique as the usual one."""
    return usual[:length] + "x" * (length - len(usual))
