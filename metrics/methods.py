"""What repository methods take: calls, errors, rows, waiting for a connection, and the database.

A statement is noted in plain numbers, which takes a microsecond; Prometheus is told of all that
came since at once, before it asks and every second.
"""

from bisect import bisect_left
from dataclasses import dataclass, field

from prometheus_client import Counter, Histogram

from metrics.timing import Timing

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


@dataclass(slots=True)
class Method:
    """What the statements of one repository method took; `timing` is that in the database."""

    timing: Timing = field(default_factory=Timing)
    errors: int = 0
    rows: int = 0
    waited_seconds: float = 0.0
    within: list[int] = field(default_factory=lambda: [0] * (len(_EDGES) + 1))
    """How many took no longer than each edge, and longer than the one before."""


class Methods:
    """The repository methods of this process by name; their number is that of the statements."""

    def __init__(self) -> None:
        self._seen: dict[str, Method] = {}
        self._told: dict[str, Method] = {}

    def observe(
        self, name: str, seconds: float, rows: int | None, waited_seconds: float = 0.0
    ) -> None:
        """Note one statement; `rows` is None where it failed or was cut short."""
        method = self._seen.get(name)
        if method is None:
            method = self._seen[name] = Method()
        timing = method.timing
        timing.count += 1
        timing.total += seconds
        timing.newest.append(seconds)
        timing.longest = max(timing.longest, seconds)
        method.within[bisect_left(_EDGES, seconds)] += 1
        if rows is None:
            method.errors += 1
        else:
            method.rows += rows
        if waited_seconds:
            method.waited_seconds += waited_seconds

    def slowest(self, top: int) -> list[tuple[str, Method]]:
        """The `top` methods by total time in the database, slowest first."""
        return sorted(self._seen.items(), key=lambda item: -item[1].timing.total)[:top]

    def tell(self) -> None:
        """Bring what Prometheus has up to date."""
        for name, method in self._seen.items():
            told = self._told.setdefault(name, Method())
            if method.timing.count != told.timing.count:
                _tell(name, method, told)


def _tell(name: str, method: Method, told: Method) -> None:
    histogram = SECONDS.labels(name)
    for bucket, now, before in zip(
        histogram._buckets,  # noqa: SLF001 - `observe` takes one at a time
        method.within,
        told.within,
        strict=True,
    ):
        bucket.inc(now - before)
    histogram._sum.inc(method.timing.total - told.timing.total)  # noqa: SLF001 - as above
    ERRORS.labels(name).inc(method.errors - told.errors)
    ROWS.labels(name).inc(method.rows - told.rows)
    WAITED_SECONDS.labels(name).inc(method.waited_seconds - told.waited_seconds)
    told.timing.count, told.timing.total = method.timing.count, method.timing.total
    told.errors, told.rows = method.errors, method.rows
    told.waited_seconds, told.within = method.waited_seconds, [*method.within]
