"""What one cache gives, keeps and counts, in memory and in Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache import CacheSerializer, MemoryStore, Store, VersionedCache
from metrics.cache import CacheMetrics
from tests.cache.assertions import Cache, filled
from tests.cache.instances import (
    LIFETIME_SECONDS,
    SHAPE,
    Table,
    Version,
    cache_over,
    measured,
    names,
    shared_store,
)

Stores = Callable[..., AbstractAsyncContextManager[Store]]


@pytest.fixture(params=["in memory", pytest.param("in redis", marks=pytest.mark.heavy)])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Opens a store for a cache of that name, by default with a long lifetime."""
    is_shared = request.param == "in redis"
    url = request.getfixturevalue("redis_url") if is_shared else ""

    @asynccontextmanager
    async def opened(
        name: str, *, lifetime_seconds: float = LIFETIME_SECONDS
    ) -> AsyncIterator[Store]:
        if is_shared:
            async with shared_store(url, name, lifetime_seconds=lifetime_seconds) as store:
                yield store
        else:
            yield MemoryStore(lifetime_seconds)

    return opened


@asynccontextmanager
async def opened(stores: Stores, **options: float) -> AsyncIterator[Cache]:
    """A cache over one of the stores."""
    name = next(names)
    async with stores(name, **options) as store:
        cache = cache_over(store, name)
        yield cache
        await cache.close()


async def test_a_batch_reads_the_misses_at_once_and_then_nothing(stores: Stores) -> None:
    table = Table()
    async with opened(stores) as cache:
        assert await cache.get([1, 2], table.read) == [Version(0), Version(0)]
        await filled(cache, 2)
        table.commit()
        rows = await cache.get([3, 2, 4, 1], table.read)
        assert rows == [Version(1), Version(0), Version(1), Version(0)]
        await filled(cache, 4)
        await cache.get([1, 2, 3, 4], table.read)
        assert table.requested == [[1, 2], [3, 4]]
        assert [measured(cache, f"{one}_total") for one in ("hits", "misses")] == [6, 4]
        assert measured(cache, "age_seconds_count") == 6
        assert measured(cache, "age_seconds_sum") < LIFETIME_SECONDS
        assert await cache.state() == "ok"


async def test_what_redis_has_is_not_at_hand_nor_anything_when_the_cache_is_off(
    redis_url: str,
) -> None:
    table, name = Table(), next(names)
    async with shared_store(redis_url, name, lifetime_seconds=LIFETIME_SECONDS) as store:
        cache = cache_over(store, name)
        await cache.get([1], table.read)
        await filled(cache, 1)
        assert cache.get_if_cached(1) is None
        await cache.close()
    memory = MemoryStore(5)
    full = cache_over(memory, name)
    off = VersionedCache(memory, SHAPE, CacheMetrics(name), name=name, is_on=False)
    await full.get([1], table.read)
    await filled(full, 2)
    assert (full.get_if_cached(1), off.get_if_cached(1)) == (Version(0), None)
    await full.close()


async def test_what_is_invalidated_is_read_again_and_the_rest_is_not(stores: Stores) -> None:
    table = Table()
    async with opened(stores) as cache:
        await cache.get([1, 2, 3], table.read)
        await filled(cache, 3)
        table.commit()
        await cache.invalidate([])
        await cache.invalidate([1, 3])
        rows = await cache.get([1, 2, 3], table.read)
        assert rows == [Version(1), Version(0), Version(1)]
        assert table.requested == [[1, 2, 3], [1, 3]]


async def test_a_fill_that_an_invalidation_overtook_is_thrown_away(stores: Stores) -> None:
    table, may_end = Table(), asyncio.Event()

    async def read_slowly(ids: Sequence[int]) -> list[Version]:
        rows = await table.read(ids)
        await may_end.wait()
        return rows

    async with opened(stores) as cache:
        slow = asyncio.create_task(cache.get([1], read_slowly))
        async with asyncio.timeout(20):
            while not table.requested:
                await asyncio.sleep(0.001)
        table.commit()
        await cache.invalidate([1])
        # This read must not wait for the slow one, which began before the invalidation.
        assert await cache.get([1], table.read) == [Version(1)]
        await filled(cache, 1)
        may_end.set()
        assert await slow == [Version(0)]
        await cache.close()
        assert await cache.get([1], table.read) == [Version(1)]
        assert measured(cache, "fills_total") == 1


async def test_a_hundred_who_miss_read_once(stores: Stores) -> None:
    table = Table()
    async with opened(stores) as cache:
        reads = [cache.get([1, 2], table.read) for _ in range(100)]
        assert await asyncio.gather(*reads) == [[Version(0), Version(0)]] * 100
        assert table.requested == [[1, 2]]


async def test_who_stops_waiting_takes_nothing_from_the_others(stores: Stores) -> None:
    table, may_end = Table(), asyncio.Event()

    async def read_slowly(ids: Sequence[int]) -> list[Version]:
        await may_end.wait()
        return await table.read(ids)

    async with opened(stores) as cache:
        first, second = [asyncio.create_task(cache.get([1], read_slowly)) for _ in range(2)]
        async with asyncio.timeout(20):
            while measured(cache, "misses_total") < 2:
                await asyncio.sleep(0.001)
        first.cancel()
        may_end.set()
        assert await second == [Version(0)]
        assert first.cancelled()
        assert table.requested == [[1]]


async def test_a_read_that_fails_is_raised_to_all_and_tried_again_by_the_next(
    stores: Stores,
) -> None:
    table = Table()

    async def fail(_ids: Sequence[int]) -> list[Version]:
        raise LookupError

    async with opened(stores) as cache:
        reads = [cache.get([1], fail) for _ in range(2)]
        failures = await asyncio.gather(*reads, return_exceptions=True)
        assert [type(failure) for failure in failures] == [LookupError] * 2
        assert await cache.get([1], table.read) == [Version(0)]


async def test_a_value_of_another_shape_is_a_miss_and_replaced(stores: Stores) -> None:
    table, name = Table(), next(names)
    newer = CacheSerializer(2, Version)
    async with stores(name) as store:
        old, new = cache_over(store, name), cache_over(store, name, newer)
        await old.get([1], table.read)
        await filled(old, 1)
        table.commit()
        assert await new.get([1], table.read) == [Version(1)]
        await filled(old, 2)
        assert await new.get([1], table.read) == [Version(1)]
        assert await old.get([1], table.read) == [Version(1)]
        assert table.requested == [[1], [1], [1]]
        await old.close()
        await new.close()


@given(
    payload=st.binary() | st.sampled_from([b"{}", b"[]", b'{"shape":1}', b'{"shape":1,"value":7}'])
)
def test_what_nobody_wrote_is_a_miss(payload: bytes) -> None:
    assert SHAPE.load(payload) is None


async def test_a_lifetime_ends_and_counts_from_before_the_read(stores: Stores) -> None:
    table = Table()
    async with opened(stores, lifetime_seconds=0.2) as cache:
        started = asyncio.get_running_loop().time()
        await cache.get([1], table.read)
        async with asyncio.timeout(20):
            while len(table.requested) == 1:
                await cache.get([1], table.read)
        ended = asyncio.get_running_loop().time()
        assert measured(cache, "hits_total") > 0
        assert ended - started > 0.19


async def test_a_value_that_took_its_lifetime_to_read_is_not_kept(stores: Stores) -> None:
    table = Table()

    async def read_slowly(ids: Sequence[int]) -> list[Version]:
        await asyncio.sleep(0.1)
        return await table.read(ids)

    async with opened(stores, lifetime_seconds=0.05) as cache:
        assert await cache.get([1], read_slowly) == [Version(0)]
        async with asyncio.timeout(20):
            while not measured(cache, "fills_discarded_total"):
                await asyncio.sleep(0.001)
        assert measured(cache, "fills_total") == 0


async def test_when_it_is_off_it_reads_and_keeps_nothing_but_invalidates(stores: Stores) -> None:
    table, name = Table(), next(names)
    async with stores(name) as store:
        here = cache_over(store, name)
        off = VersionedCache(store, SHAPE, CacheMetrics(name), name=name, is_on=False)
        assert await off.get([1], table.read) == await off.get([1], table.read)
        assert table.requested == [[1], [1]]
        assert await off.state() == "off"
        await here.get([1], table.read)
        await filled(here, 1)
        table.commit()
        await off.invalidate([1])
        assert await here.get([1], table.read) == [Version(1)]
        await here.close()
