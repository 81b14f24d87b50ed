"""What a migration keeps waiting while it runs: the locks that it has, and who waits for them."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

APPLICATION = "guidance-migration"
"""Whom the sessions of a migration say they are."""
_MODES = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")
_LOCKS = """
SELECT DISTINCT class.relname AS table, lock.mode AS mode FROM pg_locks AS lock
JOIN pg_stat_activity AS session USING (pid) JOIN pg_class AS class ON class.oid = lock.relation
WHERE session.application_name = $1 AND session.datname = current_database()
  AND lock.mode = ANY($2::text[]) AND class.oid = ANY($3::oid[])
"""
_WAITING = """
SELECT waiting.pid AS pid FROM pg_stat_activity AS waiting
WHERE waiting.wait_event_type = 'Lock' AND waiting.datname = current_database()
  AND waiting.application_name <> $1 AND EXISTS (
    SELECT FROM unnest(pg_blocking_pids(waiting.pid)) AS blocking (pid)
    JOIN pg_stat_activity AS session USING (pid) WHERE session.application_name = $1)
"""
_TABLES = """
SELECT oid, relname, pg_relation_filenode(oid) AS file FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
"""
_LOOK_SECONDS = 0.002
_Seen = TypeVar("_Seen", bound=Hashable)


class _Durations(Generic[_Seen]):
    """For how long each was there, at the longest, of what is looked at again and again."""

    def __init__(self) -> None:
        self.longest: dict[_Seen, float] = {}
        self._since: dict[_Seen, float] = {}

    def see(self, there: AbstractSet[_Seen], now: float) -> None:
        """Take what is there at an instant, in seconds."""
        self._since = {one: self._since.get(one, now) for one in there}
        for one, since in self._since.items():
            self.longest[one] = max(self.longest.get(one, 0.0), now - since)


class _Table(NamedTuple):
    name: str
    file: int


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock for which reading or writing a table has to wait; one that is asked for as well.

    Whoever comes after a session that waits for such a lock waits behind it.
    """

    table: str
    mode: str


@dataclass(slots=True)
class Watched:
    """How long each lock was there, how long anybody waited for one, and what was written anew."""

    lock_seconds: dict[Lock, float] = field(default_factory=dict)
    longest_wait_seconds: float = 0.0
    rewritten_tables: tuple[str, ...] = ()


def as_migration(url: str) -> str:
    """The URL for the sessions of a migration, by which they are known."""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query), ("application_name", APPLICATION)])
    return urlunsplit(parts._replace(query=query))


@asynccontextmanager
async def watching(url: str) -> AsyncIterator[Watched]:
    """Watch the migration that runs within the block; what is given is whole when it is left.

    Tables that the migration makes are nobody's to wait for, and are left out.
    """
    watched = Watched()
    connection = await asyncpg.connect(url)
    try:
        before = await _tables(connection)
        ended = asyncio.Event()
        looking = asyncio.create_task(_look(connection, list(before), watched, ended))
        try:
            yield watched
        finally:
            ended.set()
            await looking
        after = await _tables(connection)
        watched.rewritten_tables = tuple(
            sorted(one.name for oid, one in before.items() if oid in after and after[oid] != one)
        )
    finally:
        await connection.close()


async def _look(
    connection: "asyncpg.Connection[asyncpg.Record]",
    tables: list[int],
    watched: Watched,
    ended: asyncio.Event,
) -> None:
    locks, waits = _Durations[Lock](), _Durations[int]()
    while not ended.is_set():
        now = monotonic()
        rows = await connection.fetch(_LOCKS, APPLICATION, _MODES, tables)
        locks.see({Lock(row["table"], row["mode"]) for row in rows}, now)
        waits.see({row["pid"] for row in await connection.fetch(_WAITING, APPLICATION)}, now)
        await asyncio.sleep(_LOOK_SECONDS)
    watched.lock_seconds = dict(locks.longest)
    watched.longest_wait_seconds = max(waits.longest.values(), default=0.0)


async def _tables(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[int, _Table]:
    rows = await connection.fetch(_TABLES)
    return {row["oid"]: _Table(row["relname"], row["file"]) for row in rows}
