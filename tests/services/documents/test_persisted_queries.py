"""Registered texts in memory and in Redis: bounded in number, size and lifetime."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from keyvalue import KeyValueClient
from services.documents.identifiers import hash_of
from services.documents.persisted_queries.memory import MemoryTextStore
from services.documents.persisted_queries.records import TextLimits
from services.documents.persisted_queries.redis import RedisTextStore
from services.documents.persisted_queries.shared import SharedTextStore
from tests.fixtures.stores.redis import controlled_redis
from tests.keyvalue.availability import counted, until_available

BOUNDS = TextLimits(count=3, characters=20, lifetime_seconds=600, total_bytes=10_000)
TEXTS = [f"{{ field{number} }}" for number in range(5)]
IDS = [hash_of(text) for text in TEXTS]


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def client(url: str) -> AsyncIterator[tuple[KeyValueClient, Redis]]:
    """Our client of an empty Redis, and the test's own."""
    async with KeyValueClient(url) as ours, Redis.from_url(url, protocol=2) as redis:
        await redis.flushdb()
        yield ours, redis


async def kept(texts: MemoryTextStore | RedisTextStore | SharedTextStore) -> list[str | None]:
    return [await texts.get(id_) for id_ in IDS]


async def keep_all(texts: MemoryTextStore | RedisTextStore | SharedTextStore) -> None:
    for id_, text in zip(IDS, TEXTS, strict=True):
        await texts.put(id_, text)


async def test_memory_keeps_the_newest_of_too_many() -> None:
    texts = MemoryTextStore(BOUNDS)
    await keep_all(texts)
    assert await kept(texts) == [None, None, *TEXTS[2:]]


async def test_memory_forgets_at_the_end_of_the_lifetime() -> None:
    seconds = Seconds()
    texts = MemoryTextStore(BOUNDS, seconds=seconds)
    await texts.put(IDS[0], TEXTS[0])
    seconds.now += 599
    assert await texts.get(IDS[0]) == TEXTS[0]
    seconds.now += 1
    assert await texts.get(IDS[0]) is None


async def test_what_is_kept_briefly_is_in_one_process_alone_and_not_for_long(
    redis_url: str,
) -> None:
    seconds = Seconds()
    async with client(redis_url) as (ours, redis):
        texts = SharedTextStore(RedisTextStore(ours, BOUNDS), BOUNDS, seconds=seconds)
        for one in (texts, memory := MemoryTextStore(BOUNDS, seconds=seconds)):
            await one.put(IDS[0], TEXTS[0], is_local=True)
            await one.put(IDS[1], TEXTS[1])
        assert await redis.exists(f"guidance:{{persisted}}:{IDS[0]}") == 0
        seconds.now += 59
        assert [await one.get(IDS[0]) for one in (texts, memory)] == [TEXTS[0]] * 2
        seconds.now += 1
        assert [await one.get(IDS[0]) for one in (texts, memory)] == [None] * 2
        assert [await one.get(IDS[1]) for one in (texts, memory)] == [TEXTS[1]] * 2


async def test_what_is_kept_briefly_expires_unread() -> None:
    texts = MemoryTextStore(replace(BOUNDS, lifetime_seconds=-1))
    await texts.put(IDS[0], TEXTS[0], is_local=True)
    async with asyncio.timeout(5):
        while texts.used_bytes:
            await asyncio.sleep(0)


async def test_what_is_too_long_is_kept_nowhere(redis_url: str) -> None:
    fits, is_long = "f" * 20, "f" * 21
    async with client(redis_url) as (ours, _):
        for texts in (MemoryTextStore(BOUNDS), RedisTextStore(ours, BOUNDS)):
            await texts.put(hash_of(fits), fits)
            await texts.put(hash_of(is_long), is_long)
            assert await texts.get(hash_of(fits)) == fits
            assert await texts.get(hash_of(is_long)) is None


async def test_redis_keeps_the_newest_of_too_many_each_with_a_lifetime(redis_url: str) -> None:
    async with client(redis_url) as (ours, redis):
        texts = RedisTextStore(ours, BOUNDS)
        await keep_all(texts)
        assert await kept(texts) == [None, None, *TEXTS[2:]]
        assert await redis.dbsize() == 5
        lifetimes = [await redis.ttl(f"guidance:{{persisted}}:{id_}") for id_ in IDS[2:]]
        assert all(590 < lifetime <= 600 for lifetime in lifetimes)


def test_what_is_held_is_bounded_in_bytes(redis_url: str) -> None:
    written = ["{ a }#\N{GRINNING FACE}" + f"{number:02}" + "a" * 9_988 for number in range(100)]
    texts = {hash_of(text): text for text in written}
    bounds = replace(BOUNDS, characters=20_000, count=1_000, total_bytes=105_000)

    async def scenario() -> None:
        async with client(redis_url) as (ours, redis):
            memory, shared = MemoryTextStore(bounds), RedisTextStore(ours, bounds)
            for id_, text in texts.items():
                await memory.put(id_, text)
                await shared.put(id_, text)
            assert memory.used_bytes <= 105_000
            kept = [await shared.get(id_) == text for id_, text in texts.items()]
            assert kept == [False] * 90 + [True] * 10
            assert [await memory.get(id_) == text for id_, text in texts.items()] == kept
            assert await redis.dbsize() == 12
            assert await redis.hget("guidance:{persisted}:sizes", "total") == b"100000"

    asyncio.run(scenario())


async def test_one_that_is_registered_again_counts_once(redis_url: str) -> None:
    async with client(redis_url) as (ours, _redis):
        for texts in (MemoryTextStore(BOUNDS), RedisTextStore(ours, BOUNDS)):
            for place in (0, 1, 2, 0, 3):
                await texts.put(IDS[place], TEXTS[place])
            assert await kept(texts) == [TEXTS[0], None, TEXTS[2], TEXTS[3], None]


async def test_what_one_process_registers_another_knows(redis_url: str) -> None:
    async with client(redis_url) as (ours, redis):
        one, other = (SharedTextStore(RedisTextStore(ours, BOUNDS), BOUNDS) for _ in range(2))
        await one.put(IDS[0], TEXTS[0])
        assert await other.get(IDS[0]) == TEXTS[0]
        await redis.flushdb()
        assert await other.get(IDS[0]) == TEXTS[0]


async def test_a_copy_is_looked_up_again_after_a_minute(redis_url: str) -> None:
    seconds = Seconds()
    async with client(redis_url) as (ours, redis):
        texts = SharedTextStore(RedisTextStore(ours, BOUNDS), BOUNDS, seconds=seconds)
        await texts.put(IDS[0], TEXTS[0])
        await redis.flushdb()
        seconds.now += 59
        assert await texts.get(IDS[0]) == TEXTS[0]
        seconds.now += 1
        assert await texts.get(IDS[0]) is None


@pytest.mark.heavy
async def test_while_redis_is_away_the_process_has_its_copies(tmp_path: Path) -> None:
    with controlled_redis(tmp_path) as server:
        async with client(server.url) as (ours, _):
            texts = SharedTextStore(RedisTextStore(ours, BOUNDS), BOUNDS)
            server.kill()
            await texts.put(IDS[0], TEXTS[0])
            assert await texts.get(IDS[0]) == TEXTS[0]
            assert await texts.get(IDS[1]) is None
            server.start()
            await until_available(ours)
            await texts.put(IDS[1], TEXTS[1])
            other = SharedTextStore(RedisTextStore(ours, BOUNDS), BOUNDS)
            assert await kept(other) == [None, TEXTS[1], None, None, None]


@pytest.mark.parametrize("text", ["{ é }", '{ f(a: "\U0001f600") }'])
async def test_a_text_comes_back_as_it_was(redis_url: str, text: str) -> None:
    async with client(redis_url) as (ours, _redis):
        texts = RedisTextStore(ours, BOUNDS)
        await texts.put(hash_of(text), text)
        assert await texts.get(hash_of(text)) == text


@pytest.mark.parametrize(
    "command",
    [
        ("SET", "key", ""),
        ("SET", "key", b"\xff\xfe"),
        ("SET", "key", TEXTS[1]),
        ("SET", "key", TEXTS[0] + " "),
        ("SET", "key", "x" * 5_000_000),
        ("HSET", "key", "a", "b"),
        ("RPUSH", "key", "a"),
        ("XADD", "key", "*", "a", "b"),
    ],
    ids=lambda command: repr(command)[:40],
)
async def test_what_is_not_the_text_of_its_hash_is_none_and_is_replaced(
    redis_url: str, command: tuple[str | bytes, ...]
) -> None:
    async with client(redis_url) as (ours, redis):
        texts = RedisTextStore(ours, BOUNDS)
        parts = [f"guidance:{{persisted}}:{IDS[0]}" if one == "key" else one for one in command]
        await redis.execute_command(*parts)  # type: ignore[no-untyped-call]  # no types
        before = counted("unreadable", user="persisted")
        assert await texts.get(IDS[0]) is None
        assert counted("unreadable", user="persisted") == before + (command[2] != "")
        await texts.put(IDS[0], TEXTS[0])
        assert await texts.get(IDS[0]) == TEXTS[0]
        assert ours.is_available


@pytest.mark.parametrize(
    "command",
    [
        ("SET", "index", "somebody else's"),
        ("RPUSH", "sizes", "1"),
        *(("HSET", "sizes", "total", total) for total in ("x", "", "1.5", "nan", "-9", "9" * 30)),
    ],
    ids=str,
)
async def test_an_unreadable_index_is_reset(redis_url: str, command: tuple[str, ...]) -> None:
    async with client(redis_url) as (ours, redis):
        texts = RedisTextStore(ours, BOUNDS)
        await texts.put(IDS[0], TEXTS[0])
        name, key, *values = command
        key = f"guidance:{{persisted}}:{key}"
        if name != "HSET":
            await redis.delete(key)
        await redis.execute_command(name, key, *values)  # type: ignore[no-untyped-call]  # no types
        await keep_all(texts)
        assert await kept(texts) == [None, None, *TEXTS[2:]]
