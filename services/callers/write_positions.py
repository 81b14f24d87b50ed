"""Where in the write-ahead log each caller's last write is, so that replicas show it to them."""

from db.connections.errors import DatabaseUnavailable
from db.database import Database
from db.replication.status import DEFAULT_MAX_LAG_SECONDS
from keyvalue import KeyValue
from services.callers.position_stores import (
    MemoryPositions,
    PositionStore,
    SharedPositions,
    written_position,
)
from services.callers.principal import ApiClient, Person, Principal

_BEYOND = 2**53 - 1
"""A position that no replica reaches while it is remembered."""


class WritePositions:
    """Records the writes of callers, and says what their reads must see."""

    def __init__(self, database: Database, store: PositionStore) -> None:
        self._database = database
        self._store = store

    async def record(self, principal: Principal) -> int | None:
        """Record that the caller has just committed a write, and return its position.

        If the database cannot be asked for it, it is beyond every replica, and None is returned.
        """
        try:
            position = await written_position(self._database)
        except DatabaseUnavailable:
            position = None
        writer = writer_of(principal)
        if writer is not None:
            await self._store.advance(writer, _BEYOND if position is None else position)
        return position

    async def required(self, principal: Principal, known: int = 0) -> int | None:
        """The position that the caller's reads must see, at least `known`, which came along.

        0 if it has not written recently, None if that cannot be told.
        """
        writer = writer_of(principal)
        if writer is None:
            return known
        position = await self._store.position(writer)
        return None if position is None else max(position, known)


def writer_of(principal: Principal) -> str | None:
    """The name under which a caller's writes are kept: a person's, or a company's; else None."""
    match principal:
        case Person(user_id=user_id):
            return f"user:{user_id}"
        case ApiClient(account_id=account_id):
            return f"account:{account_id}"
        case _:
            return None


def open_positions(
    database: Database,
    keyvalue: KeyValue | None,
    *,
    max_lag_seconds: float = DEFAULT_MAX_LAG_SECONDS,
) -> WritePositions | None:
    """The positions of a database that has a replica; None for one that has none.

    They are kept for longer than any replica that is read may lag.
    """
    if not database.has_replica:
        return None
    kept_seconds = 2 * max_lag_seconds + 60
    if keyvalue is None:
        return WritePositions(database, MemoryPositions(kept_seconds))
    return WritePositions(database, SharedPositions(database, keyvalue, kept_seconds))
