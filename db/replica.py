"""How far the read replica is behind the primary."""

from db.database import Database
from db.queries import replication


async def replica_lag_seconds(database: Database) -> float | None:
    """The age of what reads see; None while the replica cannot be reached.

    0 if the replica has everything that the primary had written at the beginning of the call.
    """
    async with database.read_primary() as connection:
        place = await replication.written(connection)
    async with database.read() as connection:
        seconds = await replication.behind_seconds(connection, place)
    return None if database.is_replica_away else seconds or 0.0
