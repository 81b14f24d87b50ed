"""Measures the replication lag of the read replica, if there is one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from db.database import Database
from db.replica_lag import ReplicationLag
from metrics.database import replica_away, replica_behind
from services.background.periodic import run_in_background, run_periodically

_EVERY_SECONDS = 5.0


@asynccontextmanager
async def measuring_replica_lag(database: Database) -> AsyncIterator[None]:
    """Measure every five seconds while the block runs; without a replica, do nothing."""
    if not database.has_replica:
        yield
        return

    lag = ReplicationLag(database)

    async def measure() -> None:
        await measure_replica(lag)

    async with run_in_background(
        run_periodically(
            measure, name="watch_replica", every_seconds=_EVERY_SECONDS, first_after_seconds=0
        )
    ):
        yield


async def measure_replica(lag: ReplicationLag) -> None:
    """Measure once, how far the replica is behind or that it cannot be reached."""
    seconds = await lag.measure()
    if seconds is None:
        replica_away()
    else:
        replica_behind(seconds)
