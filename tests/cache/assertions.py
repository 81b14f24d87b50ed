"""What caches of versions give, have and cost, in the words of tests."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median
from time import perf_counter

from cache import VersionedCache
from tests.cache.instances import Table, Version, measured

ID = 7
MOST_SECONDS = 0.02
"""What an absent Redis may cost a read in steady state."""
LONGEST_SECONDS = 20
"""Far beyond what anything here needs."""
Cache = VersionedCache[Version]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for the condition."""
    async with asyncio.timeout(LONGEST_SECONDS):
        while not await condition():
            await asyncio.sleep(0.005)


async def until_back(*caches: Cache) -> None:
    """Wait until the store of each is back."""
    for cache in caches:
        await until(partial(_is_ok, cache))


async def _is_ok(cache: Cache) -> bool:
    return await cache.state() == "ok"


async def is_degraded(cache: Cache) -> bool:
    return await cache.state() == "degraded"


async def number(cache: Cache, table: Table, id_: int = ID) -> int:
    """What a read gives."""
    (row,) = await cache.get([id_], table.read)
    return row.number


async def assert_hits(cache: Cache, table: Table, id_: int = ID) -> None:
    """Once a value is in place, the database is not asked."""
    await number(cache, table, id_)
    await until(lambda: _hits(cache, table, id_))


async def _hits(cache: Cache, table: Table, id_: int) -> bool:
    requested, hits = len(table.requested), measured(cache, "hits_total")
    assert await number(cache, table, id_) == table.number
    return len(table.requested) == requested and measured(cache, "hits_total") == hits + 1


async def write(cache: Cache, table: Table, id_: int = ID) -> None:
    """Commit and invalidate."""
    table.commit()
    await cache.invalidate([id_])


async def assert_costs_little(cache: Cache, table: Table) -> None:
    """Reads take no longer than without a Redis, by and large."""
    taken = []
    for _ in range(50):
        started = perf_counter()
        assert await number(cache, table) == table.number
        taken.append(perf_counter() - started)
    assert median(taken) < MOST_SECONDS


async def filled(cache: Cache, number: float) -> None:
    """Wait until so many values have been put into the cache."""
    async with asyncio.timeout(20):
        while measured(cache, "fills_total") < number:
            await asyncio.sleep(0.001)
