"""What this process has seen of its operations, and of the statements behind them.

Kept twice: for Prometheus, and for the operations fields of the API, where counts and totals are
of the whole life of the process and percentiles of the newest samples.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeAlias

from prometheus_client import Counter, Histogram

from metrics.buffered import NEWEST, BufferedCounter, Timing, flush_histogram
from metrics.cache import CacheMetrics
from metrics.methods import Methods
from metrics.parts import TracedParts

# Edges at 0.3 and 0.7 seconds, where the objectives are.
_OPERATION_EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 2.5, 5.0, 10.0, 20.0)

OPERATION_SECONDS = Histogram(
    "guidance_operation_seconds",
    "Seconds to answer a GraphQL operation; not those refused, and not those that a client's"
    " mistake ended.",
    ("operation", "kind"),
    buckets=_OPERATION_EDGES,
)
OPERATIONS = Counter(
    "guidance_operations",
    "GraphQL operations answered, by outcome.",
    ("operation", "outcome"),
)

STATEMENTS = Counter(
    "guidance_operation_statements", "SQL statements that operations ran.", ("operation",)
)
COST = Counter("guidance_operation_cost", "What operations were to cost.", ("operation",))
OVER_BUDGET = Counter(
    "guidance_operation_over_budget",
    "Answers beyond a number of the operation's budget: p95_ms, p99_ms, deadline_ms, statements or"
    " cost.",
    ("operation", "number"),
)

_Key: TypeAlias = tuple[str, str]
"""The name and the kind of an operation."""
_DISTINCT_NAMES = 500
OTHER = "other"
"""The name under which everything is counted that comes after the first 500 names."""


class Outcome(StrEnum):
    """What became of a request."""

    OK = "ok"
    CLIENT_ERROR = "client_error"
    PROTECTED = "protected"
    SERVER_ERROR = "server_error"

    # What Enum hashes by takes a call in Python.
    __hash__ = str.__hash__


_OK, _SERVER_ERROR = Outcome.OK, Outcome.SERVER_ERROR


class BudgetLimits(Protocol):
    """What is agreed of an operation; a number that is not is None."""

    @property
    def p95_ms(self) -> int:
        """Milliseconds that 95% of its answers keep within."""

    @property
    def p99_ms(self) -> int:
        """Milliseconds that 99% of its answers keep within."""

    @property
    def deadline_ms(self) -> int:
        """Milliseconds after which nobody waits for it; what changes something is finished."""

    @property
    def statements(self) -> int | None:
        """The SQL statements that it runs."""

    @property
    def cost(self) -> int | None:
        """What it may cost."""


class Observed(NamedTuple):
    """One answer: which operation it is to, what it took, and what became of it."""

    operation: str
    seconds: float
    statements: int
    cost: int
    outcome: Outcome

    def over(self, limits: BudgetLimits) -> list[tuple[str, float, int]]:
        """The numbers that are exceeded: by name, what was taken, and what is agreed.

        What is refused, on purpose or for a mistake, is not worked for, and quick.
        """
        is_worked_for = self.outcome is _OK or self.outcome is _SERVER_ERROR
        milliseconds = self.seconds * 1000 if is_worked_for else 0.0
        if (
            milliseconds <= limits.p95_ms
            and (limits.statements is None or self.statements <= limits.statements)
            and (limits.cost is None or self.cost <= limits.cost)
        ):
            return []
        taken = {
            "p95_ms": (milliseconds, limits.p95_ms),
            "p99_ms": (milliseconds, limits.p99_ms),
            "deadline_ms": (milliseconds, limits.deadline_ms),
            "statements": (self.statements, limits.statements),
            "cost": (self.cost, limits.cost),
        }
        return [
            (name, number, most)
            for name, (number, most) in taken.items()
            if most is not None and number > most
        ]


Came: TypeAlias = tuple[float, int, int, Outcome]
"""What an answer came to: the seconds and statements that it took, its cost, and its outcome."""


@dataclass(slots=True)
class OperationRecord:
    """What became of the requests for one operation, of which `limits` is agreed at present."""

    limits: BudgetLimits
    name: str = OTHER
    timing: Timing = field(default_factory=Timing)
    requests: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    statements: int = 0
    statements_max: int = 0
    cost: int = 0
    statements_share: float = 0.0
    """The largest part of what is agreed of a variant that an answer took, where beyond 1."""
    pending: list[Came] = field(default_factory=list)
    """Answers that are not added up yet."""
    _failed_at: deque[int] = field(default_factory=lambda: deque(maxlen=NEWEST))
    """Which of those worked for had a fault of ours: only they cost anything to keep."""

    @property
    def errors(self) -> int:
        """How many failed by a fault of ours."""
        return self.outcomes[Outcome.SERVER_ERROR]

    @property
    def protected(self) -> int:
        """How many were refused on purpose."""
        return self.outcomes[Outcome.PROTECTED]

    @property
    def error_share(self) -> float | None:
        """Which part of what was worked for had a fault of ours; None where nothing was.

        Of all or of the newest, whichever is more: what fails now is not diluted by a long life.
        """
        count, newest = self.timing.count, len(self.timing.newest)
        if not count:
            return None
        recent = sum(at > count - newest for at in self._failed_at)
        return max(self.errors / count, recent / newest)

    def add_up(self) -> None:
        """Take in what is pending."""
        pending = self.pending.copy()
        del self.pending[: len(pending)]
        worked_for, count = [], self.timing.count
        for seconds, statements, cost, outcome in pending:
            self.outcomes[outcome] += 1
            self.cost += cost
            self.statements += statements
            self.statements_max = max(self.statements_max, statements)
            if outcome is _OK or outcome is _SERVER_ERROR:
                worked_for.append(seconds)
                if outcome is _SERVER_ERROR:
                    self._failed_at.append(count + len(worked_for))
        self.requests += len(pending)
        if worked_for:
            self.timing.add(*worked_for)


class Observations:
    """The repository methods, and records by operation, bounded in number."""

    def __init__(self) -> None:
        self.methods = Methods()
        self.parts = TracedParts()
        self.caches: list[CacheMetrics] = []
        """Those that Prometheus is told of with the rest."""
        self._operations: dict[_Key, OperationRecord] = {}
        self._flushed: dict[_Key, _FlushedOperation] = {}

    def operation(
        self,
        one: Observed,
        limits: BudgetLimits,
        kind: str = "query",
        usually: BudgetLimits | None = None,
    ) -> list[tuple[str, float, int]]:
        """Note an answer; gives the numbers of what is agreed that it exceeds.

        One refused on purpose, or for a mistake of the client's, does not count as quick. Those of
        another `kind` (`query`, `mutation`, `subscription`) are others, though of the same name.
        `usually` is what is agreed of the operation, where `limits` is of the variant asked.
        """
        record = self.record(one.operation, kind, usually or limits)
        record.pending.append(one[1:])
        return self.over(one, limits, record)

    def record(self, name: str, kind: str, limits: BudgetLimits) -> OperationRecord:
        """Where answers to an operation are noted, of which that is agreed from now on."""
        key = name, kind
        record = self._operations.get(key)
        if record is None:
            if len(self._operations) >= _DISTINCT_NAMES:
                key = OTHER, kind
            record = self._operations.setdefault(key, OperationRecord(limits, key[0]))
        record.limits = limits
        return record

    def over(
        self, one: Observed, limits: BudgetLimits, record: OperationRecord
    ) -> list[tuple[str, float, int]]:
        """Count the numbers of what is agreed that an answer exceeds, and give them."""
        over = one.over(limits)
        for number, taken, most in over:
            OVER_BUDGET.labels(record.name, number).inc()
            if number == "statements":
                record.statements_share = max(record.statements_share, taken / (most or 0.5))
        return over

    def add_up(self) -> None:
        """Take in what was noted of operations and of methods."""
        self.methods.add_up()
        for record in self._operations.values():
            if record.pending:
                record.add_up()

    def operations(self) -> list[tuple[str, OperationRecord]]:
        """Every operation seen, by name; of names that are not trusted one for each kind."""
        self.add_up()
        return [(name, record) for (name, _), record in self._operations.items()]

    def flush(self) -> None:
        """Bring what Prometheus has up to date, of methods and caches too."""
        self.add_up()
        self.methods.flush()
        self.parts.flush()
        for cache in self.caches:
            cache.flush()
        for key, record in self._operations.items():
            flushed = self._flushed.get(key)
            if flushed is None:
                flushed = self._flushed[key] = _FlushedOperation(*key)
            flushed.flush(record)


class _FlushedOperation:
    """What Prometheus has of one operation."""

    def __init__(self, name: str, kind: str) -> None:
        self._seconds = OPERATION_SECONDS.labels(name, kind)
        self._statements = BufferedCounter(STATEMENTS.labels(name))
        self._cost = BufferedCounter(COST.labels(name))
        self._outcomes = {
            one: BufferedCounter(OPERATIONS.labels(name, one.value)) for one in Outcome
        }

    def flush(self, record: OperationRecord) -> None:
        flush_histogram(self._seconds, record.timing)
        self._statements.flush(record.statements)
        self._cost.flush(record.cost)
        for outcome, count in record.outcomes.items():
            self._outcomes[outcome].flush(count)
