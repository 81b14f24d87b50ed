"""Every order of the steps of reads, fills and invalidations: nobody gets what was invalidated."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from typing import Any

import pytest

from cache import Entry, MemoryStore, Store, VersionedCache
from cache.records import Fill
from tests.cache.instances import (
    LIFETIME_SECONDS,
    Table,
    Version,
    cache_over,
    names,
    shared_store,
)
from tests.cache.interleaving import Fork, InterleavingScheduler, Path, Touches, next_path

pytestmark = pytest.mark.heavy

# Who does what: the instance, and `r` for a read or `w` for a write. Each ends with one more read.
PROGRAMS = [
    ("A r", "B w"),
    ("A r", "A w"),
    ("A w", "B w", "C r"),
    ("A r", "B w", "C r"),
    ("A r", "A r", "A w"),
    ("A r", "A r", "B w"),
]
LONG_PROGRAMS = [
    ("A r", "A r", "B w", "C w"),
    ("A r", "A r", "A r", "B w"),
    ("A r", "B w", "C r", "C w"),
    ("A r", "B r", "C r", "A w"),
    ("A r", "A r", "B r", "C w"),
]
_ids = count(1)


class Stale(AssertionError):
    """A read gave less than an invalidation that had returned before it started."""


class SteppedStore:
    """A store each of whose operations is a step."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.turns: InterleavingScheduler | None = None

    def peek(self, _key: str) -> None:
        """Programs read by way of what they can be stopped at."""

    async def read(self, keys: Sequence[str]) -> list[Entry | None]:
        return await self._turns.step(
            "looks up", Touches.READS_STORE, lambda: self._store.read(keys)
        )

    async def lease(self, refused: Mapping[str, bytes]) -> list[Entry]:
        return await self._turns.step(
            "leases", Touches.CHANGES_STORE, lambda: self._store.lease(refused)
        )

    async def fill(self, fills: Sequence[Fill]) -> int:
        return await self._turns.step(
            "fills", Touches.CHANGES_STORE, lambda: self._store.fill(fills)
        )

    async def forget(self, keys: Sequence[str]) -> None:
        await self._turns.step(
            "invalidates", Touches.CHANGES_STORE, lambda: self._store.forget(keys)
        )

    async def is_available(self) -> bool:
        return await self._store.is_available()

    @property
    def _turns(self) -> InterleavingScheduler:
        assert self.turns is not None
        return self.turns


class KeepsEverything(SteppedStore):
    """A store that fills without a look at the lease: what the lease is there to prevent."""

    async def fill(self, fills: Sequence[Fill]) -> int:
        async def unconditionally() -> int:
            now = await self._store.lease({fill.key: b"" for fill in fills})
            return await self._store.fill(
                [Fill(f.key, entry.token, f.payload) for f, entry in zip(fills, now, strict=True)]
            )

        return await self._turns.step("fills", Touches.CHANGES_STORE, unconditionally)


class OneLease(KeepsEverything):
    """A store whose leases are all alike, so that any read of the database is shared."""

    async def lease(self, refused: Mapping[str, bytes]) -> list[Entry]:
        return [Entry(b"same", one.payload, 0) for one in await super().lease(refused)]


class World:
    """Instances, and one run after the other of a program on them."""

    def __init__(
        self, stores: Sequence[SteppedStore], caches: Mapping[str, VersionedCache[Version]]
    ) -> None:
        self._stores = stores
        self._caches = caches

    async def run_all(self, program: Sequence[str]) -> int:
        """Run a program in every order, and give their number; raises `Stale`, with the story."""
        path: Path | None = ()
        number = 0
        while path is not None:
            path = next_path(await self._run(program, path))
            number += 1
        return number

    async def _run(self, program: Sequence[str], path: Path) -> list[Fork]:
        self._table, self._id = Table(), next(_ids)
        self._invalidated = 0
        self._wanted: dict[str, int] = {}
        actors = {}
        for number, what in enumerate(program, 1):
            letter, kind = what.split()
            act = self._read if kind == "r" else self._write
            actors[f"{what}{number}"] = act(f"{what}{number}", self._caches[letter])
        trail = await self._play(path, actors)
        await self._play((), {"afterwards": self._read("afterwards", self._caches["A"])})
        return trail

    async def _play(
        self, path: Path, actors: Mapping[str, Coroutine[Any, Any, None]]
    ) -> list[Fork]:
        self._turns = InterleavingScheduler(path, self._begins)
        for store in self._stores:
            store.turns = self._turns
        await self._turns.play(actors)
        return self._turns.trail

    def _begins(self, actor: str) -> None:
        self._wanted[actor] = self._invalidated

    async def _read(self, actor: str, cache: VersionedCache[Version]) -> None:
        (row,) = await cache.get([self._id], self._read_table)
        if row.number < self._wanted[actor]:
            raise Stale(f"{actor} gives {row.number} after {self._turns.story}")

    async def _read_table(self, ids: Sequence[int]) -> list[Version]:
        return await self._turns.step(
            "reads the database", Touches.READS_DATABASE, lambda: self._table.read(ids)
        )

    async def _write(self, _actor: str, cache: VersionedCache[Version]) -> None:
        async def commit() -> Version:
            return self._table.commit()

        committed = await self._turns.step("commits", Touches.CHANGES_DATABASE, commit)
        await cache.invalidate([self._id])
        self._invalidated = max(self._invalidated, committed.number)


@asynccontextmanager
async def in_memory(stepped: type[SteppedStore]) -> AsyncIterator[World]:
    """One instance under three names: it has its memory for itself."""
    store = stepped(MemoryStore(LIFETIME_SECONDS))
    cache = cache_over(store, next(names))
    yield World([store], dict.fromkeys("ABC", cache))
    await cache.close()


@asynccontextmanager
async def in_redis(url: str, stepped: type[SteppedStore]) -> AsyncIterator[World]:
    """Three instances that share a Redis."""
    name = next(names)
    async with AsyncExitStack() as stack:
        stores = [
            stepped(await stack.enter_async_context(shared_store(url, name))) for _ in range(3)
        ]
        caches = [cache_over(store, name) for store in stores]
        yield World(stores, dict(zip("ABC", caches, strict=True)))
        for cache in caches:
            await cache.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take the long programs too where they are requested: they have many thousand orders."""
    if "program" in metafunc.fixturenames:
        is_long = metafunc.config.getoption("--long-programs")
        programs = PROGRAMS + (LONG_PROGRAMS if is_long else [])
        metafunc.parametrize("program", programs, ids=", ".join)


Play = Callable[[Sequence[str], type[SteppedStore]], int]


@pytest.fixture(params=["in memory", "in redis"])
def play(request: pytest.FixtureRequest) -> Play:
    """Runs a program in every order, in memory or on three instances that share a Redis."""
    is_shared = request.param == "in redis"
    url = request.getfixturevalue("redis_url") if is_shared else ""

    async def scenario(program: Sequence[str], stepped: type[SteppedStore]) -> int:
        async with in_redis(url, stepped) if is_shared else in_memory(stepped) as world:
            return await world.run_all(program)

    return lambda program, stepped: asyncio.run(scenario(program, stepped))


def test_no_order_gives_what_was_invalidated(play: Play, program: Sequence[str]) -> None:
    least = 7 if len(program) == 2 else 85
    assert play(program, SteppedStore) >= least


@pytest.mark.parametrize("careless", [KeepsEverything, OneLease])
def test_a_careless_store_is_found_out(
    play: Play, program: Sequence[str], careless: type[SteppedStore]
) -> None:
    with pytest.raises(Stale, match="gives"):
        play(program, careless)
