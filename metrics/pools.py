"""Connections to the database: how many are in use, and whether there are enough."""

from prometheus_client import Counter, Gauge

SIZE = Gauge(
    "guidance_database_pool_size",
    "Connections that the process may have at most.",
    ("pool",),
    multiprocess_mode="livesum",
)
IN_USE = Gauge(
    "guidance_database_pool_in_use",
    "Connections that are lent, or being made; looked at four times a second.",
    ("pool",),
    multiprocess_mode="livesum",
)
WAITING = Gauge(
    "guidance_database_pool_waiting",
    "How many wait for a connection; looked at four times a second.",
    ("pool",),
    multiprocess_mode="livesum",
)
EXHAUSTED_SECONDS = Counter(
    "guidance_database_pool_exhausted_seconds",
    "Seconds in which all connections were in use and somebody waited for one.",
    ("pool",),
)


class PoolMetrics:
    """The measurements of the pool `name` of at most `size` connections."""

    def __init__(self, name: str, size: int) -> None:
        SIZE.labels(name).set(size)
        self._in_use = IN_USE.labels(name)
        self._waiting = WAITING.labels(name)
        self._exhausted_seconds = EXHAUSTED_SECONDS.labels(name)

    def note(self, in_use: int, waiting: int, seconds: float) -> None:
        """Note how it is, and was for the last `seconds`."""
        self._in_use.set(in_use)
        self._waiting.set(waiting)
        if waiting:
            self._exhausted_seconds.inc(seconds)
