"""Reads from the replica that see what their caller has written, and reads of the primary instead.

A caller's last write has a position in the write-ahead log. What the replica has replayed up to
there holds the write; if it takes longer than a few milliseconds, the primary is read.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from time import monotonic
from types import TracebackType
from typing import TypeAlias

from db.connections.connection import Connection
from db.connections.errors import DatabaseUnavailable
from db.replication import wal
from db.replication.status import ReplicaStatus
from db.request_scope import RequestScope
from metrics.replica_reads import ReadSource, count_read

RequiredPosition: TypeAlias = Callable[[], Coroutine[object, object, int | None]]
"""Finds the position of a caller's last write: 0 if there is none, None if that is unknown."""
Opening: TypeAlias = AbstractAsyncContextManager[Connection]
_POLL_SECONDS = 0.001


class CallerReads:
    """Where the reads of one request go: all to the primary once one of them had to.

    `required_position` is called once, at the first read.
    """

    __slots__ = ("_finding", "_required_position", "needs_primary")

    def __init__(self, required_position: RequiredPosition) -> None:
        self._required_position = required_position
        self._finding: asyncio.Task[int | None] | None = None
        self.needs_primary: ReadSource | None = None
        """Why the primary has to be read."""

    async def position(self) -> int | None:
        """The position that must have been replayed; None if it is unknown."""
        if self._finding is None:
            self._finding = asyncio.ensure_future(self._required_position())
        return await asyncio.shield(self._finding)


class ReplicaRead:
    """`async with database.read()` where there is a replica: a connection to it or the primary."""

    __slots__ = ("_caller", "_connection", "_primary", "_replica", "_status")

    def __init__(
        self,
        replica: Opening,
        primary: Opening,
        caller: CallerReads,
        status: ReplicaStatus,
    ) -> None:
        self._replica = replica
        self._primary = primary
        self._caller = caller
        self._status = status

    async def __aenter__(self) -> Connection:
        caller = self._caller
        position = None if caller.needs_primary else await caller.position()
        if position is None:
            return await self._enter_primary(caller.needs_primary or ReadSource.POSITION_UNKNOWN)
        self._connection = self._replica
        connection = await self._replica.__aenter__()
        try:
            if not position or await self._has_replayed(connection, position):
                count_read(ReadSource.REPLICA)
                return connection
        except DatabaseUnavailable as error:
            await self._replica.__aexit__(type(error), error, error.__traceback__)
            return await self._enter_primary(ReadSource.REPLICA_AWAY)
        except BaseException as error:
            await self._replica.__aexit__(type(error), error, error.__traceback__)
            raise
        await self._replica.__aexit__(None, None, None)
        return await self._enter_primary(ReadSource.NOT_REPLAYED)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._connection.__aexit__(kind, error, traceback)

    async def _enter_primary(self, reason: ReadSource) -> Connection:
        self._caller.needs_primary = reason
        count_read(reason)
        self._connection = self._primary
        return await self._primary.__aenter__()

    async def _has_replayed(self, connection: Connection, position: int) -> bool:
        """Whether the server of `connection` has replayed the WAL up to `position`, or soon has."""
        until = monotonic() + self._status.wait_seconds
        while not await self._is_replayed(connection, position):
            if monotonic() >= until:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return True

    async def _is_replayed(self, connection: Connection, position: int) -> bool:
        session = connection.session
        if session.replayed_position < position:
            # This statement is not the operation's, whose budget has a number of them.
            with RequestScope():
                replayed = await wal.replayed(connection)
            if self._status.is_pooled:
                return replayed >= position
            session.replayed_position = replayed
        return session.replayed_position >= position
