"""Redis refused, paused, slow, killed: readers get the truth, soon, and hits again afterwards."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from redis.asyncio import Redis

from tests.cache.assertions import (
    ID,
    Cache,
    assert_costs_little,
    assert_hits,
    is_degraded,
    number,
    until,
    until_back,
    write,
)
from tests.cache.instances import Table, Version, measured, shared_caches
from tests.fixtures.stores.redis import ControlledRedis

OUTAGES = [
    pytest.param(ControlledRedis.kill, ControlledRedis.start, id="killed"),
    pytest.param(ControlledRedis.pause, ControlledRedis.resume, id="paused"),
]
Change = Callable[[ControlledRedis], None]


@pytest.mark.parametrize(("break_down", "recover"), OUTAGES)
async def test_readers_are_served_and_nothing_of_before_afterwards(
    redis: ControlledRedis, break_down: Change, recover: Change
) -> None:
    table = Table()
    async with shared_caches(redis.url, 2, patience_seconds=0.05) as (writer, reader):
        await assert_hits(reader, table)
        await assert_hits(writer, table)
        break_down(redis)
        assert await number(reader, table) == 0
        await write(writer, table)
        assert [await number(cache, table) for cache in (writer, reader)] == [1, 1]
        assert [await cache.state() for cache in (writer, reader)] == ["degraded"] * 2
        await assert_costs_little(reader, table)
        await write(writer, table)
        recover(redis)
        await until_back(reader)
        assert await number(reader, table) == 2
        await until_back(writer)
        for cache in (writer, reader):
            await assert_hits(cache, table)
        assert measured(writer, "invalidations_undelivered_total") == 2
        assert measured(writer, "bypasses_total") > 50


async def test_a_snapshot_from_before_an_invalidation_is_not_trusted(
    redis: ControlledRedis,
) -> None:
    """The reader has no chance to notice: it asks nothing between the crash and the restart."""
    table = Table()
    async with shared_caches(redis.url, 2) as (writer, reader):
        await assert_hits(reader, table)
        redis.save()
        await write(writer, table)
        redis.kill()
        redis.start()
        async with Redis.from_url(redis.url, protocol=2) as client:
            (key,) = await client.keys("guidance:*")
            restored = await client.get(key)
        assert isinstance(restored, bytes)
        assert restored.endswith(b'"value":{"number":0}}')
        assert await number(reader, table) == 1
        await until_back(reader)
        await assert_hits(reader, table)


async def test_who_noticed_nothing_hears_of_it_from_who_could_not_deliver(
    redis: ControlledRedis,
) -> None:
    table = Table()
    async with shared_caches(redis.url, 2, patience_seconds=0.1) as (writer, idle):
        await assert_hits(idle, table)
        redis.pause()
        # What is sent now may be read from the socket later, and what follows is not sent.
        await write(writer, table, ID + 1)
        await write(writer, table)
        redis.resume()
        await until_back(writer)
        assert await number(idle, table) == 2


async def test_a_writer_dies_while_redis_is_busy_with_something_else(
    redis: ControlledRedis,
) -> None:
    """Connections stay open all the time, and the invalidation is lost for good."""
    table = Table()
    async with shared_caches(redis.url, 1) as (reader,):
        name = reader._name
        async with (
            Redis.from_url(redis.url, protocol=2) as client,
            shared_caches(redis.url, 1, name=name) as (writer,),
        ):
            await assert_hits(reader, table)
            await client.config_set("lua-time-limit", 1)
            script = asyncio.ensure_future(client.eval("while true do end", 0))
            await until(lambda: is_degraded(reader))
            await write(writer, table)
            assert measured(writer, "invalidations_undelivered_total") == 1
        assert await number(reader, table) == 1
        async with Redis.from_url(redis.url, protocol=2) as client:
            await client.script_kill()
        await asyncio.gather(script, return_exceptions=True)
        await until_back(reader)
        assert await number(reader, table) == 1


async def test_a_slow_fill_from_before_an_outage_is_not_served_after_it(
    redis: ControlledRedis,
) -> None:
    async def _has(table: Table) -> bool:
        return bool(table.requested)

    async def _has_ended(cache: Cache) -> bool:
        return measured(cache, "fills_discarded_total") > 0

    table = Table()
    may_end = asyncio.Event()

    async def read_slowly(ids: Sequence[int]) -> list[Version]:
        rows = await table.read(ids)
        await may_end.wait()
        return rows

    async with shared_caches(redis.url, 3, patience_seconds=0.1) as (slow, writer, reader):
        reading = asyncio.create_task(slow.get([ID], read_slowly))
        await until(lambda: _has(table))
        redis.pause()
        await write(writer, table)
        assert await number(reader, table) == 1
        redis.resume()
        await until_back(slow, writer, reader)
        may_end.set()
        assert [row.number for row in await reading] == [0]
        await until(lambda: _has_ended(slow))
        for cache in (slow, writer, reader):
            assert await number(cache, table) == 1


async def test_redis_is_away_from_the_beginning(redis: ControlledRedis) -> None:
    table = Table()
    redis.kill()
    async with shared_caches(redis.url, 1) as (cache,):
        assert await cache.state() == "degraded"
        await write(cache, table)
        await assert_costs_little(cache, table)
        redis.start()
        await until_back(cache)
        await assert_hits(cache, table)


async def test_an_invalidation_goes_on_when_its_caller_is_cancelled(redis: ControlledRedis) -> None:
    table = Table()
    async with shared_caches(redis.url, 2) as (writer, reader):
        await assert_hits(reader, table)
        redis.pause()
        table.commit()
        writing = asyncio.create_task(writer.invalidate([ID]))
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        redis.resume()
    async with Redis.from_url(redis.url, protocol=2) as client:
        assert await client.keys("guidance:*") == []
