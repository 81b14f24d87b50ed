"""The write-ahead log (WAL): to where the primary has written it, and a replica replayed it.

Positions in the WAL are whole numbers; the greater one is the later.
"""

from sqlalchemy import text

from db.connections.connection import Connection
from db.connections.errors import DatabaseUnavailable
from db.statement import Statement, repository_method

_POSITION = "pg_wal_lsn_diff({}, '0/0')::int8 AS position"
_WRITTEN = Statement(
    "replication.written",
    text(
        "SELECT "
        + _POSITION.format(
            # No replica has what is not flushed; a commit waits for that, unless it is set not to.
            "CASE WHEN pg_is_in_recovery() THEN NULL"
            " WHEN current_setting('synchronous_commit') = 'off' THEN pg_current_wal_insert_lsn()"
            " ELSE pg_current_wal_flush_lsn() END"
        )
    ),
)
# A server that is no replica has everything that it was asked to write.
_REPLAYED = Statement(
    "replication.replayed",
    text(
        "SELECT "
        + _POSITION.format(
            "CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_replay_lsn(), '0/0')"
            " ELSE pg_current_wal_insert_lsn() END"
        )
    ),
)
_REPLAYED_AGE = Statement(
    "replication.replayed_age",
    text(
        "SELECT extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8"
        " AS seconds"
    ),
)


@repository_method
async def written(connection: Connection) -> int:
    """The position behind everything that the primary has committed so far.

    Raises `DatabaseUnavailable` also if the server has become a standby.
    """
    rows = await connection.fetch(_WRITTEN)
    position: int | None = rows[0]["position"]
    if position is None:
        raise DatabaseUnavailable("the primary is a standby")
    return position


@repository_method
async def replayed(connection: Connection) -> int:
    """The position to which the replica has replayed the WAL; `written` for a primary."""
    rows = await connection.fetch(_REPLAYED)
    position: int = rows[0]["position"]
    return position


@repository_method
async def replayed_age_seconds(connection: Connection) -> float | None:
    """How long ago the replica's newest transaction was committed; None if it has replayed none."""
    rows = await connection.fetch(_REPLAYED_AGE)
    seconds: float | None = rows[0]["seconds"]
    return seconds
