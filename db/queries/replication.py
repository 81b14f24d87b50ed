"""Statements that measure how far a replica is behind the primary."""

from sqlalchemy import Text, bindparam, text

from db.database import Connection
from db.statement import Statement, repository_method

_WRITTEN = Statement("replication.written", text("SELECT pg_current_wal_lsn()::text AS place"))
_BEHIND = Statement(
    "replication.behind",
    text(
        "SELECT CASE WHEN pg_last_wal_replay_lsn() >= CAST(:place AS pg_lsn) THEN 0 ELSE"
        " extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8"
        " AS seconds WHERE pg_is_in_recovery()"
    ).bindparams(bindparam("place", type_=Text)),
)


@repository_method
async def written(connection: Connection) -> str:
    """The position to which the primary has written its WAL."""
    rows = await connection.fetch(_WRITTEN)
    return str(rows[0]["place"])


@repository_method
async def behind_seconds(connection: Connection, place: str) -> float | None:
    """The age of the replica's newest transaction, if it has not replayed the WAL up to `place`.

    0 if it has, and None for a server that is no replica.
    """
    rows = await connection.fetch(_BEHIND, place=place)
    if not rows:
        return None
    seconds = rows[0]["seconds"]
    # A replica that has replayed no transaction yet has no such age.
    return 0.0 if seconds is None else max(0.0, float(seconds))
