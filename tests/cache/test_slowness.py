"""A Redis that is slow, or only seems so because we are busy, or is none at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter

from tests.cache.asking import (
    assert_costs_little,
    assert_hits,
    is_degraded,
    number,
    until,
    until_back,
    write,
)
from tests.cache.instances import Table, measured, shared_caches
from tests.fixtures.redis import ControlledRedis


def test_an_address_that_answers_nothing_costs_next_to_nothing() -> None:
    async def scenario() -> None:
        table = Table()
        async with listening(say_nothing) as url, shared_caches(url, 1) as (cache,):
            assert await cache.state() == "degraded"
            await assert_costs_little(cache, table)
            await write(cache, table)
            assert await number(cache, table) == 1

    asyncio.run(scenario())


def test_a_redis_that_becomes_slow_is_left_alone(redis: ControlledRedis) -> None:
    async def scenario() -> None:
        table = Table()
        way = Way(redis.url)
        async with (
            listening(way.answer) as url,
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

    asyncio.run(scenario())


def test_a_loop_that_was_busy_does_not_take_redis_for_slow(redis_url: str) -> None:
    async def scenario() -> None:
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
            assert len(table.asked) == 1

    asyncio.run(scenario())


Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(answer: Answering) -> AsyncIterator[str]:
    """Answer connections, and end with all of them when the block is left."""
    answering: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        answering.add(task)
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)


async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Take what comes and answer nothing."""
    await reader.read()


class Way:
    """A connection to a Redis whose answers take their time."""

    def __init__(self, url: str) -> None:
        self._port = int(url.rpartition(":")[2].partition("/")[0])
        self.delay_seconds = 0.0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what is asked at once, and what is answered after the delay."""
        answers, asks = await asyncio.open_connection("127.0.0.1", self._port)
        asking = asyncio.create_task(self._pass_on(reader, asks))
        try:
            while part := await answers.read(65_536):
                await asyncio.sleep(self.delay_seconds)
                writer.write(part)
        finally:
            asking.cancel()
            asks.close()

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while part := await source.read(65_536):
            sink.write(part)
        sink.close()
