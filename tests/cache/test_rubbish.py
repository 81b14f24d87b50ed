"""Whatever is under a cache's key: what this version wrote, or a miss, counted and replaced."""

import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from cache.redis import MOST_BYTES
from db.states import SubscriptionStatus
from services.billing.cached import SUBSCRIPTION_SERIALIZER
from services.billing.records import Plan, Subscription
from tests.cache.assertions import ID, Cache, assert_hits, number
from tests.cache.instances import SHAPE, Table, Version, measured, shared_caches
from tests.fixtures.run.examples import examples
from tests.fixtures.stores.world import NOW

ENTRY = b"V" + b"9" * 16 + b"0" * 16
GOOD = SHAPE.dump(Version(0))
PAYLOADS = [
    b"",
    b'""',
    b"null",
    b"[]",
    GOOD[:-1],
    GOOD + b" ",
    GOOD.replace(b":0", b":null"),
    GOOD.replace(b":0", b':"0"'),
    GOOD.replace(b":0", b":0.0"),
    GOOD.replace(b":0", b":true"),
    GOOD.replace(b":0", b":" + b"9" * 400),
    GOOD.replace(b'"shape":1', b'"shape":2'),
    GOOD.replace(b'"number"', b'"other"'),
    GOOD.replace(b'"number":0', b'"number":0,"other":0'),
    b'{"shape":1,"value":null}',
    b'{"shape":1,"value":' + b"[" * 20_000,
    b"\xff\xfe\0",
    b"x" * MOST_BYTES * 20,
]


async def put(redis: Redis, cache: Cache, *command: Any) -> None:
    """Carry out a command on the key of the cached value, under which nothing else is then."""
    await redis.delete(cache._key(ID))
    parts = [cache._key(ID) if part == "key" else part for part in command]
    await redis.execute_command(*parts)  # type: ignore[no-untyped-call]  # it has no types


async def assert_replaced(cache: Cache, table: Table) -> None:
    """A read gives the truth, and the next a hit."""
    requested = len(table.requested)
    assert await number(cache, table) == table.number
    assert len(table.requested) == requested + 1
    await assert_hits(cache, table)
    assert await cache.state() == "ok"


def stamped(token: bytes, payload: bytes) -> bytes:
    return b"V" + token + payload


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: repr(payload[:40]))
async def test_what_has_another_shape_is_a_miss_counted_and_replaced(
    redis_url: str, payload: bytes
) -> None:
    """Under a lease that counts, so that nothing but the payload is wrong."""
    table = Table()
    async with (
        shared_caches(redis_url, 1) as (cache,),
        Redis.from_url(redis_url, protocol=2) as redis,
    ):
        await assert_hits(cache, table)
        entry = await redis.get(cache._key(ID))
        assert isinstance(entry, bytes)
        await put(redis, cache, "SET", "key", entry[:33] + payload)
        await assert_replaced(cache, table)
        assert measured(cache, "unreadable_total") == 1


@pytest.mark.parametrize(
    "command",
    [
        ("SET", "key", b""),
        ("SET", "key", b"L"),
        ("SET", "key", b"V" * 33),
        ("SET", "key", b"somebody else's"),
        ("SET", "key", b"\xff" * 100),
        ("SET", "key", b"x" * 5_000_000),
        ("SET", "key", "V" + "²" * 16 + "0" * 16),
        ("SET", "key", ENTRY + GOOD),
        ("SET", "key", b"V" + b"0" * 32 + GOOD),
        ("SET", "key", b"L" + b"9" * 16 + b"z" * 16),
        ("HSET", "key", "a", "b"),
        ("RPUSH", "key", "a"),
        ("SADD", "key", "a"),
        ("ZADD", "key", "1", "a"),
        ("XADD", "key", "*", "a", "b"),
    ],
    ids=lambda command: repr(command)[:40],
)
async def test_what_is_no_entry_is_a_miss_and_replaced(
    redis_url: str, command: tuple[Any, ...]
) -> None:
    table = Table()
    async with (
        shared_caches(redis_url, 2) as (cache, other),
        Redis.from_url(redis_url, protocol=2) as redis,
    ):
        await put(redis, cache, *command)
        await assert_replaced(cache, table)
        await assert_hits(other, table)


async def test_an_entry_that_another_program_keeps_for_ever_is_not_served_for_ever(
    redis_url: str,
) -> None:
    table = Table()
    async with (
        shared_caches(redis_url, 1, lifetime_seconds=0.3) as (cache,),
        Redis.from_url(redis_url, protocol=2) as redis,
    ):
        await assert_hits(cache, table)
        await redis.persist(cache._key(ID))
        table.commit()
        async with asyncio.timeout(20):
            while await number(cache, table) == 0:
                await asyncio.sleep(0.01)


@examples(25)
@given(stored=st.binary(max_size=80) | st.binary(max_size=60).map(lambda rest: ENTRY + rest))
def test_whatever_is_stored_the_truth_is_read(redis_url: str, stored: bytes) -> None:
    async def scenario() -> None:
        table = Table()
        async with (
            shared_caches(redis_url, 1) as (cache,),
            Redis.from_url(redis_url, protocol=2) as redis,
        ):
            await put(redis, cache, "SET", "key", stored)
            await assert_replaced(cache, table)

    asyncio.run(scenario())


PLAN = Plan("premium", "Premium", 999, "EUR", 100, models=("large",))
SUBSCRIPTIONS = [
    Subscription(SubscriptionStatus.INACTIVE),
    Subscription(
        SubscriptionStatus.FAILED,
        PLAN,
        "declined",
        NOW,
        NOW,
        NOW,
        NOW,
        cancel_at_period_end=True,
        trial_ends_at=NOW,
        grace_ends_at=NOW,
        next_plan=PLAN,
    ),
]


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS)
def test_a_subscription_is_read_as_it_was_written(subscription: Subscription) -> None:
    assert SUBSCRIPTION_SERIALIZER.load(SUBSCRIPTION_SERIALIZER.dump(subscription)) == subscription


def _places(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(value, dict):
        return [path]
    return [path, *(place for key in value for place in _places(value[key], (*path, key)))]


WRITTEN = orjson.loads(SUBSCRIPTION_SERIALIZER.dump(SUBSCRIPTIONS[1]))
INSTANTS = {
    "started_at",
    "updated_at",
    "current_period_start",
    "current_period_end",
    "trial_ends_at",
    "grace_ends_at",
}
OPTIONAL = {("value", name) for name in ("plan", "failure_reason", "next_plan", *INSTANTS)} | {
    ("value", plan, "models") for plan in ("plan", "next_plan")
}


@pytest.mark.parametrize("path", _places(WRITTEN["value"], ("value",)), ids=".".join)
@pytest.mark.parametrize(
    "wrong", [None, 7, "x", [], {}, True, 1.5, "2026-02-30T00:00:00Z"], ids=repr
)
def test_a_subscription_with_anything_else_in_a_place_is_none(
    path: tuple[str, ...], wrong: Any
) -> None:
    changed = orjson.loads(orjson.dumps(WRITTEN))
    *way, last = path
    place = changed
    for name in way:
        place = place[name]
    is_of_its_kind = (
        (wrong is None and path in OPTIONAL)
        or (isinstance(wrong, str) and isinstance(place[last], str) and last not in _LIMITED)
        or (wrong == 7 and type(place[last]) is int)
        or (wrong is True and isinstance(place[last], bool))
        or (wrong == [] and isinstance(place[last], list))
    )
    place[last] = wrong
    assert (SUBSCRIPTION_SERIALIZER.load(orjson.dumps(changed)) is not None) == is_of_its_kind
    del place[last]
    assert SUBSCRIPTION_SERIALIZER.load(orjson.dumps(changed)) is None


_LIMITED = {"status", *INSTANTS}
