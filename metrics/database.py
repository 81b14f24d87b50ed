"""Connections to the database: whether there are enough, and the state of the replica."""

from prometheus_client import Counter, Gauge

POOL_SIZE = Gauge(
    "guidance_database_pool_size",
    "Connections that the process may have at most.",
    ("pool",),
    multiprocess_mode="livesum",
)
POOL_IN_USE = Gauge(
    "guidance_database_pool_in_use",
    "Connections that are lent, or being made; looked at four times a second.",
    ("pool",),
    multiprocess_mode="livesum",
)
POOL_WAITING = Gauge(
    "guidance_database_pool_waiting",
    "How many wait for a connection; looked at four times a second.",
    ("pool",),
    multiprocess_mode="livesum",
)
POOL_EXHAUSTED_SECONDS = Counter(
    "guidance_database_pool_exhausted_seconds",
    "Seconds in which all connections were in use and somebody waited for one.",
    ("pool",),
)
REPLICA_AWAY = Gauge(
    "guidance_database_replica_away",
    "Processes whose reads go to the primary because the replica cannot be reached.",
    multiprocess_mode="livesum",
)
REPLICA_BEHIND_SECONDS = Gauge(
    "guidance_database_replica_behind_seconds",
    "How old what the replica shows is at most; 0 while it has everything that was committed.",
    multiprocess_mode="livemax",
)


class PoolMetrics:
    """The measurements of the pool `name` of at most `size` connections."""

    def __init__(self, name: str, size: int) -> None:
        POOL_SIZE.labels(name).set(size)
        self._in_use = POOL_IN_USE.labels(name)
        self._waiting = POOL_WAITING.labels(name)
        self._exhausted_seconds = POOL_EXHAUSTED_SECONDS.labels(name)

    def sample(self, in_use: int, waiting: int, elapsed_seconds: float) -> None:
        """Record the present state, which is taken to have lasted since the last sample."""
        self._in_use.set(in_use)
        self._waiting.set(waiting)
        if waiting:
            self._exhausted_seconds.inc(elapsed_seconds)


def replica_away() -> None:
    """Record that the replica cannot be reached."""
    REPLICA_AWAY.set(1)


def replica_behind(seconds: float) -> None:
    """Record that the replica answers, and how far it is behind the primary."""
    REPLICA_AWAY.set(0)
    REPLICA_BEHIND_SECONDS.set(seconds)
