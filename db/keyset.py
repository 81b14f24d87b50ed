"""Where a page of an ordered list begins and ends: values that travel from cursor to statement."""

from datetime import datetime
from typing import NamedTuple


class Position(NamedTuple):
    """A place between rows ordered by an instant and, where instants are equal, by id."""

    at: datetime
    id: int


class Page(NamedTuple):
    """At most `size` rows between two positions, counted from the front or from the back."""

    size: int
    is_backward: bool = False
    after: Position | None = None
    before: Position | None = None
