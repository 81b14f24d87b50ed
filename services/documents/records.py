"""The values of the registry of trusted documents."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from db.states import DocumentState


class OperationsMode(Enum):
    """Which documents run: all, all while unknown ones are recorded, or published ones only."""

    OPEN = "open"
    LOG = "log"
    TRUSTED = "trusted"


@dataclass(frozen=True, slots=True)
class Objective:
    """The latencies in milliseconds within which 95% and 99% of the responses must be sent."""

    p95_ms: int
    p99_ms: int


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """What one call of a tool may take, and what a caller's calls of a UTC day may together."""

    cost_per_call: int = 500
    bytes_per_call: int = 50_000
    ms_per_call: int = 10_000
    cost_per_day: int = 50_000
    bytes_per_day: int = 5_000_000
    ms_per_day: int = 600_000

    @property
    def is_consistent(self) -> bool:
        """Whether a day has room for a call."""
        return (
            self.cost_per_call <= self.cost_per_day
            and self.bytes_per_call <= self.bytes_per_day
            and self.ms_per_call <= self.ms_per_day
        )


@dataclass(frozen=True, slots=True)
class RegisteredDocument:
    """A document that is served by its ids; `name` is the name of its only operation.

    `publishers` are the clients that published it, in order. It must be valid while it is active.
    `objective` is the strictest of the publishers' objectives, None if there is none. `tool` has
    the least limits of those publishers of whom it is a tool, None if it is nobody's.
    """

    id: str
    name: str
    text: str
    publishers: tuple[str, ...]
    other_ids: tuple[str, ...] = ()
    is_active: bool = True
    objective: Objective | None = None
    tool: ToolLimits | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A validated document to publish; `document_id` is the client's own id for it.

    With a `tool` its operation becomes a tool of agents, within these limits.
    """

    id: str
    name: str
    text: str
    cost: int
    document_id: str | None = None
    tool: ToolLimits | None = None


@dataclass(frozen=True, slots=True)
class DocumentUsage:
    """How often a client used a document, and when first and last."""

    client_name: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A client's document with its state and its usage."""

    client_name: str
    name: str
    id: str
    document_id: str | None
    state: DocumentState
    cost: int
    text: str
    uses: tuple[DocumentUsage, ...]
    objective: Objective | None = None

    @property
    def use_count(self) -> int:
        """How often it was used."""
        return sum(use.count for use in self.uses)

    @property
    def last_used_at(self) -> datetime | None:
        """When it was last used; None if never."""
        return max((use.last_at for use in self.uses), default=None)


@dataclass(frozen=True, slots=True)
class NormalizedDocument:
    """A document with its literal values replaced by variables, so that no values are stored.

    `name` is the name of its operation, if it has one; `cost` is the most that it may cost.
    """

    id: str
    text: str
    name: str | None
    cost: int


@dataclass(frozen=True, slots=True)
class UnknownDocument:
    """A document that a client sent and nobody published."""

    document: NormalizedDocument
    client_name: str
    count: int
    first_at: datetime
    last_at: datetime
