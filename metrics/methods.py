"""What repository methods take: calls, errors, rows, waiting for a connection, and the database.

A statement is noted as it stands, which takes no call of a function; what came since is added up
when somebody wants to know, and every quarter of a second, when Prometheus is told.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TypeAlias

from prometheus_client import Counter, Histogram

from metrics.buffered import BufferedCounter, Timing, flush_histogram
from metrics.jobs import JOB_STATEMENT_SECONDS, JOB_STATEMENTS

_EDGES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)

SECONDS = Histogram(
    "guidance_statement_seconds",
    "Seconds that the statements of a repository method took in the database and on the way.",
    ("method",),
    buckets=_EDGES,
)
ERRORS = Counter(
    "guidance_statement_errors",
    "Statements of a repository method that failed or were cut short.",
    ("method",),
)
ROWS = Counter("guidance_statement_rows", "Rows that a repository method returned.", ("method",))
WAITED_SECONDS = Counter(
    "guidance_statement_wait_seconds",
    "Seconds for which a repository method waited for a connection before its statement.",
    ("method",),
)


ObservedStatement: TypeAlias = tuple[str, float, int | None, float, str | None]
"""A statement: its name, the seconds it took, its rows, the seconds for which a connection was
waited for before it, and the background job that asked. The rows are None where it failed or was
cut short."""


@dataclass(slots=True)
class Method:
    """What the statements of one repository method took; `timing` is that in the database."""

    timing: Timing = field(default_factory=Timing)
    errors: int = 0
    rows: int = 0
    waited_seconds: float = 0.0


class Methods:
    """The repository methods of this process by name; their number is that of the statements."""

    def __init__(self) -> None:
        self._pending: list[ObservedStatement] = []
        self.observe = self._pending.append
        """Notes one statement."""
        self._seen: dict[str, Method] = {}
        self._of_jobs: dict[tuple[str, str], list[float]] = {}
        """How many statements of a method a background job ran, and the seconds that they took."""
        self._flushed: dict[str, _FlushedMethod] = {}

    def add_up(self) -> None:
        """Take in what was noted."""
        durations: defaultdict[str, list[float]] = defaultdict(list)
        pending = self._pending.copy()
        del self._pending[: len(pending)]
        for name, seconds, rows, waited_seconds, job in pending:
            durations[name].append(seconds)
            method = self._seen.get(name)
            if method is None:
                method = self._seen[name] = Method()
            if rows is None:
                method.errors += 1
            else:
                method.rows += rows
            method.waited_seconds += waited_seconds
            if job is not None:
                of_job = self._of_jobs.setdefault((job, name), [0, 0.0])
                of_job[0] += 1
                of_job[1] += seconds
        for name, taken in durations.items():
            self._seen[name].timing.add(*taken)

    def slowest(self, top: int) -> list[tuple[str, Method]]:
        """The `top` methods by total time in the database, slowest first."""
        self.add_up()
        return sorted(self._seen.items(), key=lambda item: -item[1].timing.total)[:top]

    def flush(self) -> None:
        """Bring what Prometheus has up to date."""
        self.add_up()
        for name, method in self._seen.items():
            flushed = self._flushed.get(name)
            if flushed is None:
                flushed = self._flushed[name] = _FlushedMethod(name)
            flushed.flush(method)
        for labels, of_job in self._of_jobs.items():
            statements, seconds = of_job
            JOB_STATEMENTS.labels(*labels).inc(statements)
            JOB_STATEMENT_SECONDS.labels(*labels).inc(seconds)
        self._of_jobs.clear()


class _FlushedMethod:
    """What Prometheus has of one method."""

    def __init__(self, name: str) -> None:
        self._seconds = SECONDS.labels(name)
        self._errors = BufferedCounter(ERRORS.labels(name))
        self._rows = BufferedCounter(ROWS.labels(name))
        self._waited_seconds = BufferedCounter(WAITED_SECONDS.labels(name))

    def flush(self, method: Method) -> None:
        flush_histogram(self._seconds, method.timing)
        self._errors.flush(method.errors)
        self._rows.flush(method.rows)
        self._waited_seconds.flush(method.waited_seconds)
