"""Redis refused, paused, slow, killed: readers get the truth, soon, and hits again afterwards."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest
from redis.asyncio import Redis

from cache import VersionedCache
from tests.cache.instances import Table, Version, measured, shared_caches
from tests.fixtures.redis import ControlledRedis, controlled_redis

ID = 7
MOST_SECONDS = 0.02
"""What an absent Redis may cost a read in steady state."""
LONGEST_SECONDS = 20
"""Far beyond what anything here needs."""
Cache = VersionedCache[Version]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[ControlledRedis]:
    with controlled_redis(tmp_path) as server:
        yield server


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


async def _is_degraded(cache: Cache) -> bool:
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
    asked, hits = len(table.asked), measured(cache, "hits_total")
    assert await number(cache, table, id_) == table.number
    return len(table.asked) == asked and measured(cache, "hits_total") == hits + 1


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


OUTAGES = [
    pytest.param(ControlledRedis.kill, ControlledRedis.start, id="killed"),
    pytest.param(ControlledRedis.pause, ControlledRedis.resume, id="paused"),
]
Change = Callable[[ControlledRedis], None]


@pytest.mark.parametrize(("break_down", "recover"), OUTAGES)
def test_readers_are_served_and_nothing_of_before_afterwards(
    redis: ControlledRedis, break_down: Change, recover: Change
) -> None:
    async def scenario() -> None:
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

    asyncio.run(scenario())


def test_a_snapshot_from_before_an_invalidation_is_not_trusted(redis: ControlledRedis) -> None:
    """The reader has no chance to notice: it asks nothing between the crash and the restart."""

    async def scenario() -> None:
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

    asyncio.run(scenario())


def test_who_noticed_nothing_hears_of_it_from_who_could_not_deliver(redis: ControlledRedis) -> None:
    async def scenario() -> None:
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

    asyncio.run(scenario())


def test_a_writer_dies_while_redis_is_busy_with_something_else(redis: ControlledRedis) -> None:
    """Connections stay open all the time, and the invalidation is lost for good."""

    async def scenario() -> None:
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
                await until(lambda: _is_degraded(reader))
                await write(writer, table)
                assert measured(writer, "invalidations_undelivered_total") == 1
            assert await number(reader, table) == 1
            async with Redis.from_url(redis.url, protocol=2) as client:
                await client.script_kill()
            await asyncio.gather(script, return_exceptions=True)
            await until_back(reader)
            assert await number(reader, table) == 1

    asyncio.run(scenario())


def test_a_slow_fill_from_before_an_outage_is_not_served_after_it(redis: ControlledRedis) -> None:
    async def scenario() -> None:
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

    async def _has(table: Table) -> bool:
        return bool(table.asked)

    async def _has_ended(cache: Cache) -> bool:
        return measured(cache, "fills_discarded_total") > 0

    asyncio.run(scenario())


def test_redis_is_away_from_the_beginning(redis: ControlledRedis) -> None:
    async def scenario() -> None:
        table = Table()
        redis.kill()
        async with shared_caches(redis.url, 1) as (cache,):
            assert await cache.state() == "degraded"
            await write(cache, table)
            await assert_costs_little(cache, table)
            redis.start()
            await until_back(cache)
            await assert_hits(cache, table)

    asyncio.run(scenario())


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
            await until(lambda: _is_degraded(cache))
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


def test_an_invalidation_goes_on_when_its_caller_is_cancelled(redis: ControlledRedis) -> None:
    async def scenario() -> None:
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
