"""Pages of an ordered list, positions in it, and its filters: what statements take."""

from datetime import datetime
from typing import Any, NamedTuple, TypeAlias


class Position(NamedTuple):
    """The place of a row in a list ordered by an instant, and by id among equal instants."""

    at: datetime
    id: int


class SearchPosition(NamedTuple):
    """A place in the results: the query that found it, then the message's place, and its id."""

    tier: int
    place: int
    message_id: int


# Any: values of every type.
Filter: TypeAlias = tuple[tuple[str, Any], ...]
"""The names of a list's filters that apply, each with its value."""


# Any: as above.
def filter_by(**values: Any) -> Filter | None:
    """The filters that have a value; None if none has."""
    return tuple((name, one) for name, one in values.items() if one is not None) or None


class Page(NamedTuple):
    """At most `size` rows between two positions, counted from the front or from the back."""

    size: int
    is_backward: bool = False
    after: Position | None = None
    before: Position | None = None


class PageReads(NamedTuple):
    """What an operation reads of a page: columns of its rows, and members of the page itself."""

    columns: frozenset[str]
    members: frozenset[str]
