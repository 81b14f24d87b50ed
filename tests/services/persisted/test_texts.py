"""Registered texts in memory and in Redis: bounded in number, size and lifetime."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from services.operations.identifiers import hash_of
from services.persisted.memory import MemoryTexts
from services.persisted.records import Bounds
from services.persisted.redis import RedisTexts
from services.persisted.shared import REST_SECONDS, SharedTexts
from tests.fixtures.redis import controlled_redis

BOUNDS = Bounds(count=3, characters=20, lifetime_seconds=600, total_bytes=10_000)
TEXTS = [f"{{ field{number} }}" for number in range(5)]
IDS = [hash_of(text) for text in TEXTS]


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def client(url: str) -> AsyncIterator[Redis]:
    """A client of an empty Redis that does not try again."""
    retry = Retry(NoBackoff(), 0)
    async with Redis.from_url(url, socket_timeout=5, retry=retry, protocol=2) as redis:
        await redis.flushdb()
        yield redis


async def kept(texts: MemoryTexts | RedisTexts | SharedTexts) -> list[str | None]:
    return [await texts.get(id_) for id_ in IDS]


async def keep_all(texts: MemoryTexts | RedisTexts | SharedTexts) -> None:
    for id_, text in zip(IDS, TEXTS, strict=True):
        await texts.keep(id_, text)


def test_memory_keeps_the_newest_of_too_many() -> None:
    async def scenario() -> None:
        texts = MemoryTexts(BOUNDS)
        await keep_all(texts)
        assert await kept(texts) == [None, None, *TEXTS[2:]]

    asyncio.run(scenario())


def test_memory_forgets_at_the_end_of_the_lifetime() -> None:
    async def scenario() -> None:
        seconds = Seconds()
        texts = MemoryTexts(BOUNDS, seconds=seconds)
        await texts.keep(IDS[0], TEXTS[0])
        seconds.now += 599
        assert await texts.get(IDS[0]) == TEXTS[0]
        seconds.now += 1
        assert await texts.get(IDS[0]) is None

    asyncio.run(scenario())


def test_what_is_too_long_is_kept_nowhere(redis_url: str) -> None:
    async def scenario() -> None:
        async with client(redis_url) as redis:
            for texts in (MemoryTexts(BOUNDS), RedisTexts(redis, BOUNDS)):
                await texts.keep("x-fits", "f" * 20)
                await texts.keep("x-long", "f" * 21)
                assert await texts.get("x-fits") == "f" * 20
                assert await texts.get("x-long") is None

    asyncio.run(scenario())


def test_redis_keeps_the_newest_of_too_many_each_with_a_lifetime(redis_url: str) -> None:
    async def scenario() -> None:
        async with client(redis_url) as redis:
            texts = RedisTexts(redis, BOUNDS)
            await keep_all(texts)
            assert await kept(texts) == [None, None, *TEXTS[2:]]
            assert await redis.dbsize() == 5
            lifetimes = [await redis.ttl(f"guidance:persisted:{id_}") for id_ in IDS[2:]]
            assert all(590 < lifetime <= 600 for lifetime in lifetimes)

    asyncio.run(scenario())


def test_what_is_held_is_bounded_in_bytes(redis_url: str) -> None:
    text, bounds = "{ a }#\N{GRINNING FACE}" + "a" * 9_990, replace(BOUNDS, characters=20_000)
    bounds = replace(bounds, count=1_000, total_bytes=105_000)

    async def scenario() -> None:
        async with client(redis_url) as redis:
            memory, shared = MemoryTexts(bounds), RedisTexts(redis, bounds)
            for number in range(100):
                for texts in (memory, shared):
                    await texts.keep(f"x-{number}", text)
            assert memory.held_bytes <= 105_000
            kept = [await shared.get(f"x-{number}") == text for number in range(100)]
            assert kept == [False] * 90 + [True] * 10
            assert [await memory.get(f"x-{number}") == text for number in range(100)] == kept
            assert await redis.dbsize() == 12
            assert await redis.hget("guidance:persisted:sizes", "total") == b"100000"

    asyncio.run(scenario())


def test_one_that_is_registered_again_counts_once(redis_url: str) -> None:
    async def scenario() -> None:
        async with client(redis_url) as redis:
            for texts in (MemoryTexts(BOUNDS), RedisTexts(redis, BOUNDS)):
                for place in (0, 1, 2, 0, 3):
                    await texts.keep(IDS[place], TEXTS[place])
                assert await kept(texts) == [TEXTS[0], None, TEXTS[2], TEXTS[3], None]

    asyncio.run(scenario())


def test_what_one_process_registers_another_knows(redis_url: str) -> None:
    async def scenario() -> None:
        async with client(redis_url) as redis:
            one, other = (SharedTexts(RedisTexts(redis, BOUNDS), BOUNDS) for _ in range(2))
            await one.keep(IDS[0], TEXTS[0])
            assert await other.get(IDS[0]) == TEXTS[0]
            await redis.flushdb()
            assert await other.get(IDS[0]) == TEXTS[0]

    asyncio.run(scenario())


def test_a_copy_is_looked_up_again_after_a_minute(redis_url: str) -> None:
    async def scenario() -> None:
        seconds = Seconds()
        async with client(redis_url) as redis:
            texts = SharedTexts(RedisTexts(redis, BOUNDS), BOUNDS, seconds=seconds)
            await texts.keep(IDS[0], TEXTS[0])
            await redis.flushdb()
            seconds.now += 59
            assert await texts.get(IDS[0]) == TEXTS[0]
            seconds.now += 1
            assert await texts.get(IDS[0]) is None

    asyncio.run(scenario())


def test_while_redis_is_away_the_process_has_its_copies(tmp_path: Path) -> None:
    async def scenario() -> None:
        seconds = Seconds()
        with controlled_redis(tmp_path) as server:
            async with client(server.url) as redis:
                texts = SharedTexts(RedisTexts(redis, BOUNDS), BOUNDS, seconds=seconds)
                server.kill()
                await texts.keep(IDS[0], TEXTS[0])
                assert await texts.get(IDS[0]) == TEXTS[0]
                assert await texts.get(IDS[1]) is None
                server.start()
                assert await redis.dbsize() == 0
                await texts.keep(IDS[1], TEXTS[1])
                assert await redis.dbsize() == 0
                seconds.now += REST_SECONDS
                await texts.keep(IDS[1], TEXTS[1])
                assert await redis.dbsize() == 3

    asyncio.run(scenario())


@pytest.mark.parametrize("text", ["{ é }", '{ f(a: "\U0001f600") }'])
def test_a_text_comes_back_as_it_was(redis_url: str, text: str) -> None:
    async def scenario() -> None:
        async with client(redis_url) as redis:
            texts = RedisTexts(redis, BOUNDS)
            await texts.keep(hash_of(text), text)
            assert await texts.get(hash_of(text)) == text

    asyncio.run(scenario())
