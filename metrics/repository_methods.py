"""Statistics of the repository methods: statements, errors, rows, and seconds.

Recording a statement is a bare `list.append`. The records are added up when the statistics are
read, and every quarter of a second, when they are flushed to Prometheus.
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
"""One statement: its name, duration in seconds, rows (None if it failed or was cancelled),
seconds of waiting for a connection before it, and the background job that it ran for."""


@dataclass(slots=True)
class MethodStats:
    """The totals of one repository method; `timing` is of its statements in the database."""

    timing: Timing = field(default_factory=Timing)
    errors: int = 0
    rows: int = 0
    waited_seconds: float = 0.0


class RepositoryMethods:
    """The repository methods of this process, by name."""

    def __init__(self) -> None:
        self._pending: list[ObservedStatement] = []
        self.observe = self._pending.append
        """Records one statement."""
        self._methods: dict[str, MethodStats] = {}
        self._job_totals: dict[tuple[str, str], list[float]] = {}
        """The statements and seconds of each method in each background job."""
        self._flushed: dict[str, _FlushedMethod] = {}

    def add_up(self) -> None:
        """Add the recorded statements to the totals."""
        durations: defaultdict[str, list[float]] = defaultdict(list)
        pending = self._pending.copy()
        del self._pending[: len(pending)]
        for name, seconds, rows, waited_seconds, job in pending:
            durations[name].append(seconds)
            method = self._methods.get(name)
            if method is None:
                method = self._methods[name] = MethodStats()
            if rows is None:
                method.errors += 1
            else:
                method.rows += rows
            method.waited_seconds += waited_seconds
            if job is not None:
                job_total = self._job_totals.setdefault((job, name), [0, 0.0])
                job_total[0] += 1
                job_total[1] += seconds
        for name, taken in durations.items():
            self._methods[name].timing.add(*taken)

    def slowest(self, top: int) -> list[tuple[str, MethodStats]]:
        """The `top` methods by total time in the database, slowest first."""
        self.add_up()
        return sorted(self._methods.items(), key=lambda item: -item[1].timing.total)[:top]

    def flush(self) -> None:
        """Flush the totals to Prometheus."""
        self.add_up()
        for name, method in self._methods.items():
            flushed = self._flushed.get(name)
            if flushed is None:
                flushed = self._flushed[name] = _FlushedMethod(name)
            flushed.flush(method)
        for labels, job_total in self._job_totals.items():
            statements, seconds = job_total
            JOB_STATEMENTS.labels(*labels).inc(statements)
            JOB_STATEMENT_SECONDS.labels(*labels).inc(seconds)
        self._job_totals.clear()


class _FlushedMethod:
    """The Prometheus collectors of one method, and what they have already."""

    def __init__(self, name: str) -> None:
        self._seconds = SECONDS.labels(name)
        self._errors = BufferedCounter(ERRORS.labels(name))
        self._rows = BufferedCounter(ROWS.labels(name))
        self._waited_seconds = BufferedCounter(WAITED_SECONDS.labels(name))

    def flush(self, method: MethodStats) -> None:
        flush_histogram(self._seconds, method.timing)
        self._errors.flush(method.errors)
        self._rows.flush(method.rows)
        self._waited_seconds.flush(method.waited_seconds)
