"""Buckets in memory and in Redis: what is spent, refused, restored and given back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from keyvalue import KeyValueClient
from services.throttling.memory_buckets import MemoryBuckets
from services.throttling.rate_limiter import RateLimiter
from services.throttling.records import BucketLevel, BucketPolicy, SpendResult
from services.throttling.redis_buckets import RedisBuckets
from services.throttling.rules import refilled, spend_result
from tests.fixtures.stores.redis import ControlledRedis, controlled_redis
from tests.keyvalue.availability import until_available
from tests.services.guidance.chat_instances import until

POLICY = BucketPolicy(capacity=100, restore_rate=10)
SLOW = BucketPolicy(capacity=100, restore_rate=1)


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def memory(seconds: Seconds) -> MemoryBuckets:
    return MemoryBuckets(seconds=seconds)


def test_a_full_bucket_is_spent_and_then_refused(memory: MemoryBuckets) -> None:
    assert memory.spend("a", 60, POLICY) == SpendResult(40)
    assert memory.spend("a", 41, POLICY) == SpendResult(40, 1)
    assert memory.spend("a", 40, POLICY) == SpendResult(0)
    assert memory.spend("a", 25, POLICY) == SpendResult(0, 3)
    assert memory.spend("b", 100, POLICY).is_granted


@given(st.floats(0, 100, allow_nan=False), st.integers(1, 100), st.integers(1, 50))
def test_what_is_refused_is_granted_after_the_seconds_that_it_says(
    units: float, cost: int, rate: int
) -> None:
    policy = BucketPolicy(100, rate)
    refused = spend_result(units, cost, policy)
    if refused.retry_after_seconds is not None:
        assert refused.retry_after_seconds >= 1
        then = refilled(units, refused.retry_after_seconds, policy)
        assert spend_result(then, cost, policy).is_granted


def test_it_fills_as_time_passes_and_not_beyond(memory: MemoryBuckets, seconds: Seconds) -> None:
    memory.spend("a", 100, POLICY)
    seconds.now += 0.5
    assert memory.spend("a", 6, POLICY) == SpendResult(5, 1)
    seconds.now += 0.125
    assert memory.spend("a", 6, POLICY).is_granted
    seconds.now += 1_000
    assert memory.spend("a", 0, POLICY).available == 100


def test_what_is_given_back_fills_it_and_not_beyond(memory: MemoryBuckets) -> None:
    memory.spend("a", 50, POLICY)
    memory.refund("a", 20, POLICY)
    assert memory.spend("a", 0, POLICY).available == 70
    memory.refund("a", 50, POLICY)
    assert memory.spend("a", 0, POLICY).available == 100


def test_the_least_recently_used_bucket_is_evicted(seconds: Seconds) -> None:
    memory = MemoryBuckets(seconds=seconds, most_buckets=2)
    for key in ("a", "b"):
        memory.spend(key, 90, POLICY)
    memory.spend("a", 0, POLICY)
    memory.spend("c", 0, POLICY)
    assert memory.spend("a", 0, POLICY).available == 10
    assert memory.spend("b", 0, POLICY).available == 100


def test_levels_in_seconds() -> None:
    assert BucketPolicy(1000, 50).window_seconds == 20
    assert BucketLevel(BucketPolicy(1000, 50), 969).full_after_seconds == 1
    assert BucketLevel(POLICY, 100).full_after_seconds == 0


# Any: the client's types do not say what it gives.
Shared = Callable[[RedisBuckets, Any, str], Awaitable[None]]


@asynccontextmanager
async def client(url: str) -> AsyncIterator[KeyValueClient]:
    async with KeyValueClient(url) as keyvalue:
        yield keyvalue


def with_redis(url: str, scenario: Shared) -> None:
    async def go() -> None:
        async with client(url) as keyvalue, Redis.from_url(url, protocol=2) as redis:
            await scenario(RedisBuckets(keyvalue), redis, uuid4().hex)

    asyncio.run(go())


def test_shared_buckets_are_spent_refused_and_given_back(redis_url: str) -> None:
    async def scenario(budgets: RedisBuckets, _redis: Any, key: str) -> None:
        assert await budgets.spend(key, 60, SLOW) == SpendResult(40)
        refused = await budgets.spend(key, 90, SLOW)
        assert refused.available == 40
        assert refused.retry_after_seconds in {49, 50}
        await budgets.refund(key, 20, SLOW)
        assert (await budgets.spend(key, 0, SLOW)).available == 60
        await budgets.refund(key, 500, SLOW)
        assert (await budgets.spend(key, 0, SLOW)).available == 100

    with_redis(redis_url, scenario)


def test_a_shared_bucket_fills_by_the_clock_of_redis(redis_url: str) -> None:
    async def scenario(budgets: RedisBuckets, redis: Any, key: str) -> None:
        await budgets.spend(key, 100, POLICY)
        name = f"guidance:budget:{key}"
        at = float(await redis.hget(name, "at"))
        await redis.hset(name, "at", f"{at - 5:.6f}")
        assert 50 <= (await budgets.spend(key, 0, POLICY)).available < 90
        # It is gone when it would be full, and full when it is gone.
        assert 1 <= await redis.ttl(name) <= 11
        await redis.delete(name)
        assert (await budgets.spend(key, 100, POLICY)).is_granted

    with_redis(redis_url, scenario)


def test_of_concurrent_instances_as_many_are_granted_as_fit(redis_url: str) -> None:
    async def scenario(budgets: RedisBuckets, _redis: Any, key: str) -> None:
        async with client(redis_url) as other:
            instances = (budgets, RedisBuckets(other))
            spent = await asyncio.gather(
                *(instances[number % 2].spend(key, 7, SLOW) for number in range(50))
            )
            assert len([one for one in spent if one.is_granted]) == 14

    with_redis(redis_url, scenario)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[ControlledRedis]:
    """A Redis that the test ends and starts again."""
    with controlled_redis(tmp_path) as server:
        yield server


@pytest.mark.heavy
async def test_redis_being_away_refuses_nobody_and_memory_is_the_bound(
    own_redis: ControlledRedis, seconds: Seconds
) -> None:
    async with client(own_redis.url) as keyvalue:
        budgets = RateLimiter(MemoryBuckets(seconds=seconds), RedisBuckets(keyvalue))
        assert (await budgets.spend("a", 50, SLOW)).available == 50
        own_redis.kill()
        assert (await budgets.spend("a", 90, SLOW)).available == 10
        assert not (await budgets.spend("a", 90, SLOW)).is_granted
        budgets.refund("a", 90, SLOW)
        await budgets.close()
        assert (await budgets.spend("a", 0, SLOW)).available == 100
        assert (await budgets.spend("a", 60, SLOW)).available == 40
        own_redis.start()
        # Once it is there it is asked again: it kept nothing.
        await until_available(keyvalue)
        assert (await budgets.spend("a", 90, SLOW)).available == 10


def test_a_shared_refund_is_given_behind_the_callers_back(redis_url: str) -> None:
    async def scenario(shared: RedisBuckets, _redis: Any, key: str) -> None:
        budgets = RateLimiter(MemoryBuckets(), shared)
        await budgets.spend(key, 90, SLOW)
        budgets.refund(key, 90, SLOW)

        async def is_full() -> bool:
            return (await shared.spend(key, 0, SLOW)).available == 100

        await until(is_full)

    with_redis(redis_url, scenario)
