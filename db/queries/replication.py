"""Statements about how far a replica is."""

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
    """How far the primary has written its log."""
    rows = await connection.fetch(_WRITTEN)
    return str(rows[0]["place"])


@repository_method
async def behind_seconds(connection: Connection, place: str) -> float | None:
    """How old the newest transaction is that a replica has which lacks what is before `place`.

    0 where it lacks nothing, and None of a server that is nobody's replica.
    """
    rows = await connection.fetch(_BEHIND, place=place)
    if not rows:
        return None
    seconds = rows[0]["seconds"]
    # One that has replayed no transaction yet cannot say how old what it has is.
    return 0.0 if seconds is None else max(0.0, float(seconds))
