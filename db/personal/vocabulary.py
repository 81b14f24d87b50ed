"""The vocabulary of the registry of personal data: plain values."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain
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

    A verification after an erasure searches only texts that the system wrote: those of others may
    mention anybody.
    """

    SYSTEM = "the system"
    CALLER = "whoever asks"
    OPERATOR = "whoever runs the service, or publishes to it"
    PROVIDER = "the language model or the payment provider"


@dataclass(frozen=True, slots=True)
class Replacement:
    """The value that a column gets when its row is anonymised."""

    value: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column; it is exported unless `withheld` says why not.

    Anonymising its row sets it to `replacement`, if there is one. A text has an `author`;
    `quoted_members` are members of a JSON column whose words others chose.
    """

    name: str
    category: Category
    withheld: str | None = None
    replacement: Replacement | None = None
    author: Author | None = None
    quoted_members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnerPath:
    """How a row leads to its person: `column` holds the person's id.

    Where no index begins with it, the rows are `found_by` a column with the ids of the person's
    rows in another table.

    `when` restricts the path to rows whose column has one of the given values. A path that
    `is_mention` names the person in a row about somebody else or nobody: an erasure clears the
    column, and the `authored_columns` that the person wrote, and leaves the rest.
    """

    column: str
    found_by: tuple[str, str] | None = None
    when: tuple[str, tuple[str, ...]] | None = None
    is_mention: bool = False
    authored_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deleted:
    """The rows are deleted."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long an anonymised row is kept: `years` from the latest instant in the columns `since`.

    With `is_from_end_of_year` they are counted from the end of that year.
    """

    years: int
    since: tuple[str, ...]
    is_from_end_of_year: bool = False


@dataclass(frozen=True, slots=True)
class Anonymised:
    """The rows stay, for a reason, without what identifies the person.

    They are removed after their `retention`, if there is one.
    """

    reason: str
    retention: Retention | None = None


@dataclass(frozen=True, slots=True)
class Archived:
    """The rows move, for a reason, to the table `archive`, which has no person.

    Its columns are those of the table itself, with their replacements, where it has them.
    """

    reason: str
    archive: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows are what erasures archived; they are removed after their `retention`.

    `refers_to` is a column with the id of a row in another such table: that one is not removed
    before them, and without a `retention` of their own they are removed together with it.
    """

    reason: str
    retention: Retention | None = None
    refers_to: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Distribution:
    """Where rows are, if the database has many parts: `column` says whose they are.

    Without a column every part has the whole table, which is small or changes seldom.
    """

    column: str | None


EVERYWHERE = Distribution(None)
BY_PERSON = Distribution("user_id")
BY_COMPANY = Distribution("enterprise_account_id")
BY_ID = Distribution("id")


@dataclass(frozen=True, slots=True)
class Untouched:
    """The rows are about no person, for a reason."""

    reason: str


Erasure: TypeAlias = Deleted | Anonymised | Archived | Kept | Untouched


@dataclass(frozen=True, slots=True)
class ClassifiedTable:
    """One table and all of its columns.

    A table that `is_erased_last` identifies the person, and is erased in the transaction that
    completes the erasure. `distribution` is never None but by mistake, which a test tells.
    """

    name: str
    erasure: Erasure
    columns: tuple[Column, ...]
    owner_paths: tuple[OwnerPath, ...] = ()
    is_erased_last: bool = False
    distribution: Distribution | None = None

    @property
    def exported_columns(self) -> tuple[Column, ...]:
        """The columns that an export contains."""
        return tuple(one for one in self.columns if self.owner_paths and one.withheld is None)


SAID_ELSEWHERE = "The row that it leads to is exported."


def lookup(name: str, *held: Iterator[Column]) -> ClassifiedTable:
    """A table that leads to a person's rows; it is kept as they are, and goes with them."""
    own = columns(Category.IDENTITY, "user_id", withheld=SAID_ELSEWHERE)
    return ClassifiedTable(
        name,
        Deleted(),
        columns=tuple(chain(own, *held)),
        owner_paths=(OwnerPath("user_id"),),
        is_erased_last=True,
        distribution=EVERYWHERE,
    )


def columns(
    category: Category,
    names: str,
    *,
    withheld: str | None = None,
    replacement: Replacement | None = None,
    author: Author | None = None,
    quoted_members: tuple[str, ...] = (),
) -> Iterator[Column]:
    """The columns `names`, separated by spaces, all of one kind."""
    return (
        Column(name, category, withheld, replacement, author, quoted_members)
        for name in names.split()
    )
