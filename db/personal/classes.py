"""The terms in which the registry of personal data speaks; values without behaviour."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Category(Enum):
    """What a column holds."""

    IDENTITY = "identity"
    CONTENT = "content"
    PAYMENT = "payment"
    USAGE = "usage"
    PRIVACY = "privacy"
    TECHNICAL = "technical"
    NOT_PERSONAL = "not personal"


class Author(Enum):
    """Who chose the words of a text.

    Text that the system did not write may mention anybody, and is no trace that we left. An erasure
    searches only what the system wrote.
    """

    SYSTEM = "the system"
    CALLER = "whoever asks"
    OPERATOR = "whoever runs the service, or publishes to it"
    PROVIDER = "the language model or the payment provider"


@dataclass(frozen=True, slots=True)
class Becomes:
    """What stands in a column of a row that was anonymised."""

    value: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column; an export holds it unless `withheld` says why not.

    In a row that is anonymised it stays as it is, or `becomes` something else. A text has an
    `author`; `said_by_others` are the members of one in JSON whose words others chose.
    """

    name: str
    category: Category
    withheld: str | None = None
    becomes: Becomes | None = None
    author: Author | None = None
    said_by_others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """How a row reaches a person: `column` holds the person's id, or that of a row of `through`.

    Where `when` is given the first of the two columns must hold one of the values. A `mention` only
    names the person in a row about somebody else, or nobody: it is cut, and with it what the person
    `said` there, without touching the rest.
    """

    column: str
    through: str | None = None
    when: tuple[str, tuple[str, ...]] | None = None
    is_mention: bool = False
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deleted:
    """The rows go."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How long a row of nobody stays: `years` from the latest of the instants in `since`.

    `from_end_of_year`: counted from the end of the year in which that is.
    """

    years: int
    since: tuple[str, ...]
    from_end_of_year: bool = False


@dataclass(frozen=True, slots=True)
class Anonymised:
    """The rows stay without the person, for a reason.

    Then they are removed; without `kept` they stay as long as what they refer to, or as what they
    are about.
    """

    reason: str
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class Untouched:
    """The rows are about no person, for a reason."""

    reason: str


Erasure: TypeAlias = Deleted | Anonymised | Untouched


@dataclass(frozen=True, slots=True)
class ClassifiedTable:
    """One table and all of its columns.

    `is_last` is done in the transaction that completes an erasure: it says who the person is.
    """

    name: str
    erasure: Erasure
    columns: tuple[Column, ...]
    ways: tuple[Way, ...] = ()
    is_last: bool = False

    @property
    def exported(self) -> tuple[Column, ...]:
        """The columns that an export holds."""
        return tuple(one for one in self.columns if self.ways and one.withheld is None)


def columns(
    category: Category,
    names: str,
    *,
    withheld: str | None = None,
    becomes: Becomes | None = None,
    author: Author | None = None,
    said_by_others: tuple[str, ...] = (),
) -> Iterator[Column]:
    """The columns `names`, separated by spaces, all of one kind."""
    return (
        Column(name, category, withheld, becomes, author, said_by_others) for name in names.split()
    )
