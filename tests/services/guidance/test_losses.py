"""Redis loses what it likes while replies are written: everybody reads what is stored, once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from time import perf_counter

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from db.row import Row
from streams import Delta
from streams.redis import stream_key
from tests.fixtures.stores.redis import ControlledRedis
from tests.fixtures.stores.world import ADA
from tests.keyvalue.fake_servers import FaultyProxy, fake_server
from tests.services.guidance.chat_instances import PATIENCE_SECONDS, Instance, instance, until
from tests.streams.stream_instances import shared_streams

PIECES = 14


@dataclass
class Follower:
    """One who follows a reply after an index, and what they were given."""

    after: int
    deltas: list[Delta] = field(default_factory=list)
    stored: Row | None = None

    async def follow(self, parts: Instance, reply_id: int) -> None:
        """Follow to the end; each piece joins the one before."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for event in parts.guidance.follow(ADA, reply_id, after=self.after):
                if isinstance(event, Row):
                    self.stored = event
                else:
                    assert event.index == self.after + len(self.deltas) + 1
                    self.deltas.append(event)

    def assert_read_what_is_stored(self) -> None:
        assert self.stored is not None
        ends = [0, *self.stored["stream_ends"]]
        content = self.stored["content"]
        assert (
            "".join(delta.text for delta in self.deltas)
            == content[ends[min(self.after, len(ends) - 1)] :]
        )


class Losses:
    """What may happen to the stream of a reply."""

    def __init__(self, redis: Redis, reply_id: int, random: Random) -> None:
        self._redis = redis
        self._key = stream_key(reply_id)
        self._random = random
        self._old: bytes | None = None
        self.kinds: list[Callable[[], Awaitable[object]]] = [
            self._redis.flushall,
            lambda: self._redis.delete(self._key),
            lambda: self._redis.pexpire(self._key, 1),
            lambda: self._redis.set(self._key, "somebody else's"),
            lambda: self._redis.xtrim(self._key, maxlen=2, approximate=False),
            self._remove_last,
            self._remember,
            self._go_back,
            self._add_rubbish,
            lambda: self._redis.client_kill_filter(_type="normal", skipme=True),
        ]

    async def strike(self) -> None:
        """Let one of them happen, or none."""
        if self._random.random() < 0.6:
            # Where there is no stream any more, some do nothing.
            with suppress(ResponseError):
                await self._random.choice(self.kinds)()

    async def _remove_last(self) -> None:
        for id_, _ in await self._redis.xrevrange(self._key, count=2) or ():
            await self._redis.xdel(self._key, id_ or b"")

    async def _remember(self) -> None:
        self._old = await self._redis.dump(self._key)

    async def _go_back(self) -> None:
        """As after a takeover by a replica that was behind."""
        if self._old is not None:
            await self._redis.restore(self._key, 60_000, self._old, replace=True)

    async def _add_rubbish(self) -> None:
        name, value = self._random.choice([("text", b"\xff"), ("text", b"1"), ("other", b"1")])
        await self._redis.xadd(self._key, {name: value})


@asynccontextmanager
async def instances(database: str, url: str) -> AsyncIterator[list[Instance]]:
    """A writer, and two that follow through Redis."""
    async with AsyncExitStack() as stack:
        parts = []
        for _ in range(3):
            streams = await stack.enter_async_context(shared_streams(url, timeout_seconds=0.25))
            parts.append(await stack.enter_async_context(instance(database, streams=streams)))
        yield parts


async def begin(parts: Instance, key: str) -> int:
    exchange = await parts.guidance.send(
        ADA, conversation_id=None, content="Hello?", idempotency_key=key
    )
    return exchange.reply_id


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_is_lost_everybody_reads_what_is_stored(
    own_world: str, redis: ControlledRedis, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - no secret

    async with (
        instances(own_world, redis.url) as (writer, *readers),
        Redis.from_url(redis.url, protocol=2) as other,
        asyncio.TaskGroup() as following,
    ):
        reply_id = await begin(writer, f"{seed}")
        losses = Losses(other, reply_id, random)
        followers = []
        for number in range(PIECES):
            writer.model.say(f"{number}:{'é' * random.randrange(3)} ")
            for _ in range(random.randrange(3)):
                follower = Follower(random.randrange(number + 1))
                followers.append(follower)
                parts = random.choice((writer, *readers))
                following.create_task(follower.follow(parts, reply_id))
            await asyncio.sleep(random.choice((0, 0.02, 0.05)))
            await losses.strike()
        writer.model.end()
    for follower in followers:
        follower.assert_read_what_is_stored()


async def test_what_redis_lost_is_there_again_with_the_next_piece(
    own_world: str, redis: ControlledRedis
) -> None:
    """Long before it would be found in the database."""
    async with (
        instances(own_world, redis.url) as (writer, reader, _),
        Redis.from_url(redis.url, protocol=2) as other,
    ):
        reply_id = await begin(writer, "again")
        events = reader.guidance.follow(ADA, reply_id, after=0)

        async def pass_on(index: int) -> None:
            writer.model.say(f"{index} ")
            assert await anext(events) == Delta(index, f"{index} ")

        async def written() -> list[object]:
            entries = await other.xrange(stream_key(reply_id))
            return [id_ for id_, _ in entries or ()]

        await pass_on(1)
        await other.flushall()
        await pass_on(2)
        assert await written() == [b"0-1", b"1-0", b"2-0"]
        redis.kill()
        await pass_on(3)
        redis.start()
        index = 3
        while not await written():
            await pass_on(index := index + 1)
        assert await written() == [b"0-1", *(b"%d-0" % one for one in range(1, index + 1))]
        writer.model.end()
        last = await anext(events)
        assert isinstance(last, Row)
        assert len(last["stream_ends"]) == index


@pytest.mark.parametrize("is_swallowed", [False, True], ids=["hangs", "drops"])
async def test_beside_a_redis_that_hangs_a_follower_waits_a_second(
    own_world: str, redis: ControlledRedis, is_swallowed: bool
) -> None:
    way = FaultyProxy(redis.url)
    async with (
        fake_server(way.answer) as url,
        instances(own_world, redis.url) as (writer, *_),
        instances(own_world, url) as (reader, *_),
    ):
        reply_id = await begin(writer, "hangs")
        events = reader.guidance.follow(ADA, reply_id, after=0)
        writer.model.say("1 ")
        assert await anext(events) == Delta(1, "1 ")
        if is_swallowed:
            way.drops = True
        else:
            redis.pause()
        for index in (2, 3):
            writer.model.say(f"{index} ")
            started = perf_counter()
            assert await anext(events) == Delta(index, f"{index} ")
            assert perf_counter() - started < 1.5
        started = perf_counter()
        late = Follower(0)
        following = asyncio.create_task(late.follow(reader, reply_id))
        await until(lambda: len(late.deltas) == 3)
        assert perf_counter() - started < 1.5
        writer.model.end()
        await following
        late.assert_read_what_is_stored()
        redis.resume()


async def test_a_stream_that_was_ended_elsewhere_is_not_begun_again(redis: ControlledRedis) -> None:
    """Its writer was taken for dead: what it goes on to write is not stored."""
    async with (
        shared_streams(redis.url) as writer,
        shared_streams(redis.url) as other,
        Redis.from_url(redis.url, protocol=2) as client,
    ):
        writing = await writer.begin(1)
        await writing.append("1")
        await other.end_abandoned(1)
        before = await client.xrange(stream_key(1))
        await writing.append("2")
        await writing.append("3")
        assert await client.xrange(stream_key(1)) == before
        assert [delta async for delta in other.follow(1, 0)] == [Delta(1, "1")]


async def test_what_is_forgotten_is_nowhere_and_no_writer_brings_it_back(
    redis: ControlledRedis,
) -> None:
    async with (
        shared_streams(redis.url) as writer,
        shared_streams(redis.url) as eraser,
        Redis.from_url(redis.url, protocol=2) as client,
    ):
        writings = [await writer.begin(number) for number in (1, 2)]
        for writing in writings:
            await writing.append("personal")
        await eraser.forget([1, 7])
        await writer.forget([2])
        await writer.forget([])
        assert not writer.is_own(2)
        for writing in writings:
            await writing.append("personal")
        assert sorted(await client.keys("*")) == [stream_key(1), stream_key(2)]
        for key in await client.keys("*"):
            entries = await client.xrange(key)
            assert [fields for _, fields in entries or ()] == [{b"end": b""}]
        for writing in writings:
            await writing.end()
