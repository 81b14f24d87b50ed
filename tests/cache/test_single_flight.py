"""A hundred who ask at once read the database once, whatever the store does; and never too old."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from cache import Entry, StoreUnavailable
from cache.records import Fill
from tests.cache.assertions import ID, is_degraded, number, until
from tests.cache.instances import Table, Version, cache_over, measured, names, shared_caches
from tests.fixtures.stores.redis import ControlledRedis
from tests.keyvalue.fake_servers import FaultyProxy, fake_server

READS = 100
Change = Callable[[ControlledRedis], None]


@pytest.mark.parametrize("break_down", [ControlledRedis.kill, ControlledRedis.pause])
@pytest.mark.parametrize("is_noticed", [False, True])
async def test_with_redis_away_a_hundred_read_once(
    redis: ControlledRedis, break_down: Change, is_noticed: bool
) -> None:
    table = Table()
    async with shared_caches(redis.url, 1, patience_seconds=0.05) as (cache,):
        break_down(redis)
        if is_noticed:
            await until(lambda: is_degraded(cache))
        reads = [number(cache, table) for _ in range(READS)]
        assert await asyncio.gather(*reads) == [0] * READS
        assert table.requested == [[ID]]
        assert measured(cache, "bypasses_total") == READS
        table.commit()
        await cache.invalidate([ID])
        assert await number(cache, table) == 1


async def test_with_a_redis_that_is_slow_a_hundred_read_once(redis: ControlledRedis) -> None:
    """Each gives up at a time of its own, and finds what others read meanwhile."""
    table, way = Table(), FaultyProxy(redis.url)
    async with (
        fake_server(way.answer) as url,
        shared_caches(url, 1, patience_seconds=0.05, slow_seconds=0.01) as (cache,),
    ):
        way.delay_seconds = 0.1
        reads = []
        for _ in range(READS):
            reads.append(asyncio.create_task(number(cache, table)))
            await asyncio.sleep(0)
        assert await asyncio.gather(*reads) == [0] * READS
        assert table.requested == [[ID]]
        way.delay_seconds = 0


class Away:
    """A store that is away, each time after so many turns of the event loop."""

    def __init__(self, turns: Sequence[int]) -> None:
        self._turns = list(turns)

    def peek(self, _key: str) -> None:
        """Nothing is known here."""

    async def read(self, _keys: Sequence[str]) -> list[Entry | None]:
        for _ in range(self._turns.pop() if self._turns else 0):
            await asyncio.sleep(0)
        raise StoreUnavailable

    async def lease(self, _refused: object) -> list[Entry]:
        raise StoreUnavailable

    async def fill(self, _fills: Sequence[Fill]) -> int:
        raise StoreUnavailable

    async def forget(self, _keys: Sequence[str]) -> None:
        """Nobody is notified."""

    async def is_available(self) -> bool:
        return False


async def test_later_callers_wait_for_the_read_that_began_before_and_share_the_next() -> None:
    """So that nobody is given what another process changed before they asked."""

    async def _has_begun(table: Table) -> bool:
        return bool(table.requested)

    table, may_end = Table(), asyncio.Event()

    async def read_slowly(ids: Sequence[int]) -> list[Version]:
        rows = await table.read(ids)
        await may_end.wait()
        return rows

    cache = cache_over(Away([]), next(names))
    early = [asyncio.create_task(cache.get([ID], read_slowly)) for _ in range(5)]
    await until(lambda: _has_begun(table))
    table.commit()
    late = [asyncio.create_task(cache.get([ID, ID + 1], read_slowly)) for _ in range(5)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert table.requested == [[ID]]
    may_end.set()
    assert await asyncio.gather(*early) == [[Version(0)]] * 5
    assert await asyncio.gather(*late) == [[Version(1), Version(1)]] * 5
    assert table.requested == [[ID], [ID, ID + 1]]
    await cache.close()


@pytest.mark.parametrize("spread", [0, 1, 7, 40])
async def test_no_read_gives_less_than_was_committed_before_it(spread: int) -> None:
    """Writers of other processes, of which nobody here is notified, commit all the time."""
    table = Table()
    cache = cache_over(Away([number * 7 % (spread + 1) for number in range(500)]), next(names))

    async def read_in_steps(ids: Sequence[int]) -> list[Version]:
        await asyncio.sleep(0)
        rows = await table.read(ids)
        for _ in range(spread):
            await asyncio.sleep(0)
        return rows

    async def check() -> None:
        committed = table.number
        (row,) = await cache.get([ID], read_in_steps)
        assert row.number >= committed

    checks = []
    for _ in range(200):
        checks += [asyncio.create_task(check()) for _ in range(2)]
        await asyncio.sleep(0)
        table.commit()
    await asyncio.gather(*checks)
    assert len(table.requested) <= 200
    await cache.close()


async def test_a_read_that_fails_is_raised_to_all_and_tried_again_by_the_next() -> None:
    table = Table()

    async def fail(_ids: Sequence[int]) -> list[Version]:
        raise LookupError

    cache = cache_over(Away([]), next(names))
    reads = [cache.get([ID], fail) for _ in range(3)]
    failures = await asyncio.gather(*reads, return_exceptions=True)
    assert [type(failure) for failure in failures] == [LookupError] * 3
    assert await cache.get([ID], table.read) == [Version(0)]
    await cache.close()
