"""Where a page of an ordered list begins and ends: values that travel from cursor to statement."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Position:
    """A place between rows ordered by an instant and, where instants are equal, by id."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Page:
    """At most `size` rows between two positions, counted from the front or from the back."""

    size: int
    is_backward: bool = False
    after: Position | None = None
    before: Position | None = None
