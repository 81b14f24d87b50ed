"""Generate values from types and from the limits that the schema promises."""

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
from perf.gate.execution.in_process import NOW
from perf.gate.variants.limits import list_limits, number_limits, text_limits
from perf.gate.variants.value_kinds import LONGEST, PAST, TOO_LARGE, TOO_LONG, description_of

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
        return [] if kind == EMPTY else [*usual] * (list_limits(description).most // len(usual))
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


def _before(usual: str) -> str:
    past = datetime.fromisoformat(usual) - _PAST
    return past.isoformat() if "T" in usual else str(past.date())


def _long(usual: str, length: int) -> str:
    """A text of this length that is as unique as the usual one."""
    return usual[:length] + "x" * (length - len(usual))
