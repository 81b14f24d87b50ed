"""What the registry of trusted documents knows."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class OperationsMode(Enum):
    """Which documents run: any, any while those are recorded that are not known, or known ones."""

    OPEN = "open"
    LOG = "log"
    TRUSTED = "trusted"


class DocumentState(Enum):
    """What a client's document is: in use, in use and to be replaced, or served no more."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Objective:
    """In how many milliseconds 95% and 99% of the answers are to be there."""

    p95_ms: int
    p99_ms: int


@dataclass(frozen=True, slots=True)
class RegisteredDocument:
    """A document that is served by its ids; `name` is that of its only operation.

    `publishers` are the clients that have it, in order. It must be valid while it is active. Its
    `objective` is the strictest that any of them has agreed on, None where none has.
    """

    id: str
    name: str
    text: str
    publishers: tuple[str, ...]
    other_ids: tuple[str, ...] = ()
    is_active: bool = True
    objective: Objective | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A document to publish, found to be good; `document_id` is a client's own id of it."""

    id: str
    name: str
    text: str
    cost: int
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """How often a client used a document, and when."""

    client_name: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A document of a client with everything that is known of it."""

    client_name: str
    name: str
    id: str
    document_id: str | None
    state: DocumentState
    cost: int
    text: str
    uses: tuple[Use, ...]
    objective: Objective | None = None

    @property
    def use_count(self) -> int:
        """How often it was used."""
        return sum(use.count for use in self.uses)

    @property
    def last_used_at(self) -> datetime | None:
        """When it was last used; None for never."""
        return max((use.last_at for use in self.uses), default=None)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document is without its values: a text in which variables stand for them.

    `name` is that of its operation, where it has one, and `cost` the most that it may cost.
    """

    id: str
    text: str
    name: str | None
    cost: int


@dataclass(frozen=True, slots=True)
class UnknownDocument:
    """A shape that nobody published, as a client sent it."""

    shape: Shape
    client_name: str
    count: int
    first_at: datetime
    last_at: datetime
