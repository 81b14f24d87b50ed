"""Answers that have nothing: for an id of somebody else's, or where a list has lost its items."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gql.documents.budgets.choices import Choice
from gql.documents.budgets.variants import Kinds
from perf.gate.execution.in_process import DocumentAnswer
from perf.gate.variants.value_kinds import DELETED, FOREIGN

_USER_ERRORS = "userErrors"
NOTHING = "nothing"
"""The code of an answer whose fields that took such an id are null or empty lists."""


def refused_if_empty(
    result: DocumentAnswer, choices: Sequence[Choice], kinds: Kinds
) -> DocumentAnswer:
    """The answer as a refusal, if whatever took a foreign or deleted id has nothing."""
    keys = {
        place.field.alias.value if place.field.alias else place.field.name.value
        for choice in choices
        if kinds.get(choice.name) in {FOREIGN, DELETED}
        for place in choice.places
        if place.field is not None
    }
    values = list(_values_of(list(result.bodies), keys))
    if result.refusal is not None or not values or any(map(_has_something, values)):
        return result
    return replace(result, refusal=NOTHING)


# Any: values are JSON.
def _values_of(value: object, keys: set[str]) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from (one for key, one in value.items() if key in keys)
        value = [one for key, one in value.items() if key not in keys]
    if isinstance(value, list):
        for one in value:
            yield from _values_of(one, keys)


# Any: as above.
def _has_something(value: Any) -> bool:
    return bool(value.get("edges", True) if isinstance(value, Mapping) else value)


# Any: bodies are JSON.
def empty_lists(bodies: Sequence[Mapping[str, Any]]) -> list[str]:
    """The lists, by the path of their fields, that are empty wherever they are answered.

    The gate's callers have something of everything, so that its items were lost: an error may have
    been swallowed. Nobody expects errors of the user's own.
    """
    has_items: dict[str, bool] = {}
    for body in bodies:
        for path, is_empty in _lists_in(body.get("data"), ""):
            has_items[path] = has_items.get(path, False) or not is_empty
    return [path for path, has_any in has_items.items() if not has_any]


def _lists_in(value: object, path: str) -> Iterator[tuple[str, bool]]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            if name != _USER_ERRORS:
                yield from _lists_in(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        yield path, not value
        for one in value:
            yield from _lists_in(one, path)
