"""Measures the replication lag of the read replica, if there is one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from db.database import Database
from db.queries import replication
from metrics.database import replica_away, replica_behind
from services.background.periodic import run_in_background, run_periodically

_EVERY_SECONDS = 5.0


@asynccontextmanager
async def measuring_replica_lag(database: Database) -> AsyncIterator[None]:
    """Measure every five seconds while the block runs; without a replica, do nothing."""
    if not database.has_replica:
        yield
        return

    async def measure() -> None:
        await measure_replica(database)

    async with run_in_background(
        run_periodically(measure, name="watch_replica", every_seconds=_EVERY_SECONDS)
    ):
        yield


async def measure_replica(database: Database) -> None:
    """Ask the primary for its log position, and the replica how far it is behind that."""
    async with database.read_primary() as connection:
        place = await replication.written(connection)
    async with database.read() as connection:
        seconds = await replication.behind_seconds(connection, place)
    if database.is_replica_away:
        replica_away()
    else:
        replica_behind(seconds or 0.0)
