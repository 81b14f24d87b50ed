"""Observe a running migration: its locks, the sessions that wait for it, and rewritten tables."""

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
"""The `application_name` of a migration's sessions."""
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
_SAMPLE_SECONDS = 0.002
_Item = TypeVar("_Item", bound=Hashable)


class _Durations(Generic[_Item]):
    """The longest time for which each item was present, from repeated samples."""

    def __init__(self) -> None:
        self.longest: dict[_Item, float] = {}
        self._since: dict[_Item, float] = {}

    def sample(self, present: AbstractSet[_Item], now: float) -> None:
        """Add the items present at `now`, in seconds."""
        self._since = {one: self._since.get(one, now) for one in present}
        for one, since in self._since.items():
            self.longest[one] = max(self.longest.get(one, 0.0), now - since)


class _Table(NamedTuple):
    name: str
    file: int


@dataclass(frozen=True, slots=True)
class Lock:
    """A table lock that conflicts with reads or writes, held or requested.

    A requested one counts because later sessions queue behind it.
    """

    table: str
    mode: str


@dataclass(slots=True)
class MigrationEffects:
    """The longest time of each lock, the longest wait of another session, and rewritten tables."""

    lock_seconds: dict[Lock, float] = field(default_factory=dict)
    longest_wait_seconds: float = 0.0
    rewritten_tables: tuple[str, ...] = ()


def as_migration_session(url: str) -> str:
    """The URL with the `application_name` of a migration's sessions."""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query), ("application_name", APPLICATION)])
    return urlunsplit(parts._replace(query=query))


@asynccontextmanager
async def observed_migration(url: str) -> AsyncIterator[MigrationEffects]:
    """Observe the migration that runs in the block; the effects are complete when it ends.

    Only tables that existed before count: nobody else uses those that the migration creates.
    """
    effects = MigrationEffects()
    connection = await asyncpg.connect(url)
    try:
        before = await _tables(connection)
        ended = asyncio.Event()
        sampling = asyncio.create_task(_sample(connection, list(before), effects, ended))
        try:
            yield effects
        finally:
            ended.set()
            await sampling
        after = await _tables(connection)
        effects.rewritten_tables = tuple(
            sorted(one.name for oid, one in before.items() if oid in after and after[oid] != one)
        )
    finally:
        await connection.close()


async def _sample(
    connection: "asyncpg.Connection[asyncpg.Record]",
    tables: list[int],
    effects: MigrationEffects,
    ended: asyncio.Event,
) -> None:
    locks, waits = _Durations[Lock](), _Durations[int]()
    while not ended.is_set():
        now = monotonic()
        rows = await connection.fetch(_LOCKS, APPLICATION, _MODES, tables)
        locks.sample({Lock(row["table"], row["mode"]) for row in rows}, now)
        waits.sample({row["pid"] for row in await connection.fetch(_WAITING, APPLICATION)}, now)
        await asyncio.sleep(_SAMPLE_SECONDS)
    effects.lock_seconds = dict(locks.longest)
    effects.longest_wait_seconds = max(waits.longest.values(), default=0.0)


async def _tables(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[int, _Table]:
    rows = await connection.fetch(_TABLES)
    return {row["oid"]: _Table(row["relname"], row["file"]) for row in rows}
