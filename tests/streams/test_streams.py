"""Streams are followed from any index, by any number, in this process and in others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
    suppress,
)
from itertools import count
from pathlib import Path

import pytest

from keyvalue import KeyValueClient
from streams import Delta, ReplyStreams, StreamUnknown, split_pieces
from streams.memory import MemoryStreams
from streams.reader import RedisStreamReader
from streams.redis import RedisStreams
from tests.fixtures.stores.redis import ControlledRedis, running_redis
from tests.streams.stream_instances import shared_streams

PIECES = ["Hello", ", ", "wörld", "!"]
DELTAS = [Delta(index, text) for index, text in enumerate(PIECES, 1)]
Sides = Callable[[], AbstractAsyncContextManager[tuple[ReplyStreams, ReplyStreams]]]
_reply_ids = count(1)
# A follower that hangs would hang the tests; this is far beyond what any needs.
PATIENCE_SECONDS = 20


@pytest.fixture(params=["the same process", "another process"])
def sides(request: pytest.FixtureRequest, redis_url: str) -> Sides:
    """A writer's and a reader's streams: the same in memory, or two that share a Redis."""

    @asynccontextmanager
    async def both() -> AsyncIterator[tuple[ReplyStreams, ReplyStreams]]:
        if request.param == "the same process":
            streams = ReplyStreams(None)
            yield streams, streams
        else:
            async with shared_streams(redis_url) as writer, shared_streams(redis_url) as reader:
                yield writer, reader

    return both


async def collect(streams: ReplyStreams, reply_id: int, after: int = 0) -> list[Delta]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [delta async for delta in streams.follow(reply_id, after)]


async def first(streams: ReplyStreams, reply_id: int) -> Delta | None:
    """The first piece of a stream, if there is one soon."""
    with suppress(StreamUnknown):
        async with aclosing(streams.follow(reply_id, 0)) as deltas:
            return await anext(deltas)
    return None


async def test_followers_get_the_same_whenever_they_come(sides: Sides) -> None:
    reply_id = next(_reply_ids)
    async with sides() as (writer, reader):
        writing = await writer.begin(reply_id)
        early = [asyncio.create_task(collect(reader, reply_id)) for _ in range(20)]
        for piece in PIECES[:2]:
            await writing.append(piece)
        midway = asyncio.create_task(collect(reader, reply_id))
        for piece in PIECES[2:]:
            await writing.append(piece)
        await writing.end()
        late = await collect(reader, reply_id)
        assert await asyncio.gather(*early) == [DELTAS] * 20
        assert await midway == late == DELTAS
        assert writing.text == "Hello, wörld!"
        assert split_pieces(writing.text, writing.ends, 0) == DELTAS


@pytest.mark.parametrize("after", [-1, 0, 1, 3, 4, 9])
async def test_a_follower_goes_on_after_the_index_it_saw(sides: Sides, after: int) -> None:
    reply_id = next(_reply_ids)
    async with sides() as (writer, reader):
        writing = await writer.begin(reply_id)
        for piece in PIECES:
            await writing.append(piece)
        await writing.end()
        assert await collect(reader, reply_id, after) == DELTAS[max(0, after) :]
        assert split_pieces(writing.text, writing.ends, after) == DELTAS[max(0, after) :]


async def test_a_reply_that_nobody_writes_is_unknown(sides: Sides) -> None:
    async with sides() as (_, reader):
        with pytest.raises(StreamUnknown):
            await collect(reader, next(_reply_ids))


async def test_followers_that_leave_take_nothing_from_the_others(sides: Sides) -> None:
    reply_id = next(_reply_ids)
    async with sides() as (writer, reader):
        writing = await writer.begin(reply_id)
        stays = asyncio.create_task(collect(reader, reply_id))
        leaving = reader.follow(reply_id, 0)
        await writing.append(PIECES[0])
        assert await anext(leaving) == DELTAS[0]
        await leaving.aclose()
        for piece in PIECES[1:]:
            await writing.append(piece)
        await writing.end()
        assert await stays == DELTAS


@pytest.mark.heavy
async def test_redis_goes_away_while_a_reply_is_generated(tmp_path: Path) -> None:
    reply_id = next(_reply_ids)
    async with AsyncExitStack() as stack:
        with running_redis(tmp_path) as url:
            writer, reader = [
                await stack.enter_async_context(shared_streams(url)) for _ in range(2)
            ]
            writing = await writer.begin(reply_id)
            local = asyncio.create_task(collect(writer, reply_id))
            remote = reader.follow(reply_id, 0)
            await writing.append(PIECES[0])
            assert await anext(remote) == DELTAS[0]
        with pytest.raises(StreamUnknown):
            await anext(remote)
        for piece in PIECES[1:]:
            await writing.append(piece)
        await writing.end()
        assert await local == DELTAS


@pytest.mark.heavy
async def test_redis_is_away_from_the_beginning(tmp_path: Path) -> None:
    reply_id = next(_reply_ids)
    with running_redis(tmp_path) as url:
        pass
    async with shared_streams(url) as writer, shared_streams(url) as reader:
        writing = await writer.begin(reply_id)
        await writing.append(PIECES[0])
        await writing.end()
        assert await collect(writer, reply_id) == DELTAS[:1]
        with pytest.raises(StreamUnknown):
            await collect(reader, reply_id)


async def test_a_stream_that_another_database_left_behind_is_replaced(redis_url: str) -> None:
    reply_id = next(_reply_ids)
    async with shared_streams(redis_url) as former, shared_streams(redis_url) as writer:
        left = await former.begin(reply_id)
        await left.append("somebody else's")
        writing = await writer.begin(reply_id)
        await writing.append(PIECES[0])
        await writing.end()
        async with shared_streams(redis_url) as reader:
            assert await collect(reader, reply_id) == DELTAS[:1]


async def test_a_stream_that_falls_silent_is_given_up(redis_url: str) -> None:
    reply_id = next(_reply_ids)
    async with shared_streams(redis_url) as writer, KeyValueClient(redis_url) as keyvalue:
        streams = RedisStreams(keyvalue)
        reader = ReplyStreams(streams, RedisStreamReader(streams, idle_timeout_seconds=0.05))
        writing = await writer.begin(reply_id)
        await writing.append(PIECES[0])
        following = reader.follow(reply_id, 0)
        assert await anext(following) == DELTAS[0]
        with pytest.raises(StreamUnknown):
            await anext(following)
        await reader.close()


@pytest.mark.heavy
async def test_ended_streams_are_forgotten() -> None:
    streams = MemoryStreams(ended_seconds=0)
    for reply_id in range(100):
        streams.begin(reply_id)
        streams.append(reply_id, DELTAS[0])
        streams.end(reply_id)
        assert reply_id in streams
    async with asyncio.timeout(PATIENCE_SECONDS):
        while any(reply_id in streams for reply_id in range(100)):
            await asyncio.sleep(0)


async def test_one_that_was_left_behind_goes_also_where_redis_is_away_at_the_beginning(
    redis: ControlledRedis,
) -> None:
    reply_id = next(_reply_ids)
    async with (
        shared_streams(redis.url) as former,
        shared_streams(redis.url, timeout_seconds=0.05) as writer,
    ):
        left = await former.begin(reply_id)
        await left.append("somebody else's")
        await left.end()
        redis.pause()
        writing = await writer.begin(reply_id)
        redis.resume()
        async with shared_streams(redis.url) as reader, asyncio.timeout(PATIENCE_SECONDS):
            # Until the writer has found that Redis is back.
            while await first(reader, reply_id) != Delta(1, "x"):
                await writing.append("x")
            await writing.end()
            assert await collect(reader, reply_id) == split_pieces(writing.text, writing.ends, 0)
