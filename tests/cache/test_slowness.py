"""A Redis that is slow, or only seems so because we are busy, or is none at all."""

import asyncio
from time import perf_counter

import pytest

from tests.cache.assertions import (
    assert_costs_little,
    assert_hits,
    is_degraded,
    number,
    until,
    until_back,
    write,
)
from tests.cache.instances import Table, measured, shared_caches
from tests.fixtures.stores.redis import ControlledRedis
from tests.keyvalue.fake_servers import FaultyProxy, fake_server, say_nothing


@pytest.mark.heavy
async def test_an_address_that_answers_nothing_costs_next_to_nothing() -> None:
    table = Table()
    async with (
        fake_server(say_nothing) as url,
        shared_caches(url, 1, timeout_seconds=1) as (cache,),
    ):
        assert await cache.state() == "degraded"
        await assert_costs_little(cache, table)
        await write(cache, table)
        assert await number(cache, table) == 1


async def test_a_redis_that_becomes_slow_is_left_alone(redis: ControlledRedis) -> None:
    table = Table()
    way = FaultyProxy(redis.url)
    async with (
        fake_server(way.answer) as url,
        shared_caches(url, 1, slow_seconds=0.01) as (cache,),
    ):
        await until_back(cache)
        way.delay_seconds = 0.05
        await number(cache, table)
        assert measured(cache, "bypasses_total") == 0
        await until(lambda: is_degraded(cache))
        await assert_costs_little(cache, table)
        assert await cache.state() == "degraded"
        way.delay_seconds = 0
        await until_back(cache)


async def test_a_loop_that_was_busy_does_not_take_redis_for_slow(redis_url: str) -> None:
    table = Table()
    async with shared_caches(redis_url, 1, patience_seconds=1) as (cache,):
        await assert_hits(cache, table)
        reading = asyncio.create_task(number(cache, table))
        await asyncio.sleep(0)
        ends = perf_counter() + 1.2
        while perf_counter() < ends:
            pass
        assert await reading == 0
        assert await cache.state() == "ok"
        assert len(table.requested) == 1
