"""What is kept in the memory of one process."""

from cache import MemoryStore
from tests.cache.assertions import filled
from tests.cache.instances import (
    LIFETIME_SECONDS,
    Table,
    Version,
    cache_over,
    measured,
    names,
)


async def test_what_memory_has_is_at_hand_until_it_is_invalidated_or_has_expired() -> None:
    table, now, name = Table(), [0.0], next(names)
    cache = cache_over(MemoryStore(5, clock=lambda: now[0]), name)
    assert cache.get_if_cached(1) is None
    await cache.get([1, 2], table.read)
    await filled(cache, 2)
    now[0] = 3.0
    assert (cache.get_if_cached(1), cache.get_if_cached(3)) == (Version(0), None)
    assert (measured(cache, "hits_total"), measured(cache, "age_seconds_sum")) == (1, 3)
    table.commit()
    await cache.invalidate([1])
    assert (cache.get_if_cached(1), cache.get_if_cached(2)) == (None, Version(0))
    now[0] = 5.0
    assert cache.get_if_cached(2) is None
    await cache.close()


async def test_memory_is_bounded_and_loses_the_oldest_first() -> None:
    table, name = Table(), next(names)
    store = MemoryStore(LIFETIME_SECONDS, most_entries=10)
    cache = cache_over(store, name)
    for id_ in range(30):
        await cache.get([id_], table.read)
    await filled(cache, 30)
    assert len(store) == 10
    # aiocache holds no more than that either.
    assert len(store._payloads._cache) == len(store._payloads._handlers) == 10
    table.requested.clear()
    await cache.get(range(20, 30), table.read)
    assert table.requested == []
    await cache.get(range(20), table.read)
    assert table.requested == [list(range(20))]
    await cache.close()
    assert len(store) == 10


async def test_memory_takes_the_age_from_its_clock() -> None:
    table, name, now = Table(), next(names), [100.0]
    store = MemoryStore(5, clock=lambda: now[0])
    cache = cache_over(store, name)
    await cache.get([1], table.read)
    await filled(cache, 1)
    now[0] += 4.5
    await cache.get([1], table.read)
    assert measured(cache, "age_seconds_sum") == 4.5
    now[0] += 0.5
    await cache.get([1], table.read)
    assert table.requested == [[1], [1]]
    await cache.close()
