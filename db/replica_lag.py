"""How far the read replica is behind the primary."""

from collections import deque
from collections.abc import Callable
from time import monotonic

from db.database import Database
from db.replication import wal

_MOST_SAMPLES = 1_000


class ReplicationLag:
    """Measures the lag of a database's replica, and keeps it in the replica's status.

    The lag is the age of the oldest transaction that the replica may not have replayed. Without
    recent transactions the age of the newest replayed one says little, so past positions of the
    primary are remembered as well: the replica has everything up to the newest one it has reached.
    """

    def __init__(self, database: Database, *, seconds: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._seconds = seconds
        self._samples: deque[tuple[float, int]] = deque(maxlen=_MOST_SAMPLES)
        """Instants, and the position to which the primary had written then."""

    async def measure(self) -> float | None:
        """The lag in seconds, 0 if there is none; None while the replica cannot be reached."""
        now = self._seconds()
        async with self._database.read_primary() as connection:
            written = await wal.written(connection)
        self._samples.append((now, written))
        async with self._database.read_replica() as connection:
            replayed = await wal.replayed(connection)
            age = await wal.replayed_age_seconds(connection)
        if self._database.is_replica_away:
            return None
        lag = 0.0 if replayed >= written else self._lag(replayed, age)
        self._database.replica_status.lag_seconds = lag
        return lag

    def _lag(self, replayed: int, age_seconds: float | None) -> float:
        """The lesser of two upper bounds."""
        now = self._seconds()
        while len(self._samples) > 1 and self._samples[1][1] <= replayed:
            self._samples.popleft()
        since, position = self._samples[0]
        bounds = [] if age_seconds is None else [max(0.0, age_seconds)]
        if position <= replayed:
            bounds.append(now - since)
        return min(bounds, default=0.0)
