"""Stores of the position that each caller's last write has in the write-ahead log (WAL)."""

from secrets import token_hex
from time import monotonic
from typing import Protocol
from zlib import crc32

from db.database import Database
from db.replication import wal
from db.request_scope import RequestScope
from keyvalue import KeyValue, KeyValueError, Script

_PARTITIONS = 16
"""Of the writers; a partition is on one server of a cluster, which may lose it alone."""
# Concurrent writes of one caller are recorded in any order: the later position counts. What is no
# position is replaced.
_ADVANCE = Script(
    "local known = redis.pcall('GET', KEYS[1])"
    " known = type(known) == 'string' and tonumber(known)"
    " if known and known >= tonumber(ARGV[1]) and known < 2^63 then"
    " redis.call('EXPIRE', KEYS[1], ARGV[2]) return 0 end"
    " redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) return 1"
)


class PositionStore(Protocol):
    """Keeps the position of each writer's last write for a while."""

    async def advance(self, writer: str, position: int) -> None:
        """Record a write, unless a later one is known."""
        ...

    async def position(self, writer: str) -> int | None:
        """The position of the last write, 0 without a recent one; None if it is unknown."""
        ...


class MemoryPositions:
    """The positions of a single process, which is the only one."""

    def __init__(self, kept_seconds: float) -> None:
        self._kept_seconds = kept_seconds
        self._positions: dict[str, tuple[int, float]] = {}

    async def advance(self, writer: str, position: int) -> None:
        """See `PositionStore`."""
        known, _ = self._positions.pop(writer, (0, 0.0))
        self._positions[writer] = max(known, position), monotonic() + self._kept_seconds
        while (first := next(iter(self._positions))) != writer:
            if self._positions[first][1] > monotonic():
                break
            del self._positions[first]

    async def position(self, writer: str) -> int | None:
        """See `PositionStore`."""
        position, expires_at = self._positions.get(writer, (0, 0.0))
        return position if expires_at > monotonic() else 0


class SharedPositions:
    """The positions of all instances, in Redis.

    If Redis has lost its data, or a copy that lacks the newest has taken over, nothing is known of
    earlier writes: from then on every read must see what was committed when this was noticed.
    """

    def __init__(self, database: Database, keyvalue: KeyValue, kept_seconds: float) -> None:
        self._database = database
        self._keyvalue = keyvalue
        self._kept_seconds = round(kept_seconds)
        self._floors: dict[str, tuple[object, int]] = {}

    async def advance(self, writer: str, position: int) -> None:
        """See `PositionStore`.

        While Redis is away all instances read the primary; if this one alone is cut off, the
        others do not know of the write.
        """
        try:
            await self._keyvalue.run_script(
                _ADVANCE, [position_key(writer)], [position, self._kept_seconds]
            )
        except KeyValueError:
            return

    async def position(self, writer: str) -> int | None:
        """See `PositionStore`."""
        partition = _partition(writer)
        name = f"{partition}incarnation"
        try:
            marker, position = await self._keyvalue.run_all(
                [("GET", name), ("GET", position_key(writer))]
            )
            if not isinstance(marker, bytes):
                await self._keyvalue.run("SET", name, token_hex(8), "NX")
                marker = await self._keyvalue.run("GET", name)
            # Asking may have opened a connection, which may lead to another server.
            incarnation = self._keyvalue.clock_of(name).trusted_after, marker
        except KeyValueError:
            return None
        known, floor = self._floors.get(partition, (None, 0))
        if incarnation != known:
            floor = await written_position(self._database)
            self._floors[partition] = incarnation, floor
        try:
            return max(floor, int(position or 0))
        except (TypeError, ValueError):  # what is stored may be anything
            return None


async def written_position(database: Database) -> int:
    """The position behind everything that is committed now."""
    # The statement is not the operation's, whose budget has a number of them.
    with RequestScope():
        async with database.read_primary() as connection:
            return await wal.written(connection)


def _partition(writer: str) -> str:
    return f"guidance:wal:{{{crc32(writer.encode()) % _PARTITIONS}}}:"


def position_key(writer: str) -> str:
    """The Redis key of a writer's position."""
    return f"{_partition(writer)}{writer}"
