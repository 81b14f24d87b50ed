"""The JSON in which rows leave the database, where all that is wanted of them is in their columns.

A form is the text of one element of an answer: what never changes, and in between the columns, each
written as the answer's writer would write its value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """A column of text, as a JSON string."""

    column: str


@dataclass(frozen=True, slots=True)
class Instant:
    """A column of instants, in UTC with a `Z`, with microseconds where there are any."""

    column: str


@dataclass(frozen=True, slots=True)
class Name:
    """The name of what is in a column; `names` has them by the column's values."""

    column: str
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Key:
    """What is in a column of whole numbers after `prefix`, all of it in base 64."""

    column: str
    prefix: str


@dataclass(frozen=True, slots=True)
class OrNull:
    """The same, or `null` where the column has no value."""

    written: "Text | Instant | Name | Key"


Place: TypeAlias = Mapping[str, Any]  # Any: an instant and a number
Part: TypeAlias = str | Text | Instant | Name | Key | OrNull


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One form, known by its identity; `has_places` where the places of the rows are wanted too."""

    parts: tuple[Part, ...]
    has_places: bool


class Written(NamedTuple):
    """Rows in a `form`: their texts, and the place of each where the form has places.

    A text is None where a column has what the form has no word for.
    """

    form: Form
    texts: Sequence[str | None]
    places: Sequence[Place] = ()
