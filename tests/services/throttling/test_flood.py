"""A flood beside a Redis that is up: budgets stay there, exact, and nobody is warned."""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from keyvalue import KeyValueClient
from services.throttling.memory_buckets import MemoryBuckets
from services.throttling.rate_limiter import RateLimiter
from services.throttling.records import BucketPolicy
from services.throttling.redis_buckets import RedisBuckets
from tests.captured_logs import capture_logs
from tests.keyvalue.availability import counted
from tests.services.guidance.chat_instances import until

POLICY = BucketPolicy(capacity=1_000, restore_rate=1)
CALLS = 3_000


@pytest.mark.parametrize("busy_seconds", [0.0, 0.06], ids=["idle loop", "busy loop"])
async def test_a_flood_is_counted_to_the_unit(redis_url: str, busy_seconds: float) -> None:
    key = uuid4().hex
    fallbacks = counted("fallbacks", user="budgets")
    async with KeyValueClient(redis_url) as one, KeyValueClient(redis_url) as other:
        instances = [RateLimiter(MemoryBuckets(), RedisBuckets(each)) for each in (one, other)]
        started = perf_counter()
        with capture_logs() as logs:
            granted = await flood(instances, key, busy_seconds)
        # Redis restores by its own clock while the flood lasts.
        restored = perf_counter() - started + 1
        assert POLICY.capacity <= granted <= POLICY.capacity + restored
        assert logs == []
        assert counted("fallbacks", user="budgets") == fallbacks


async def flood(instances: Sequence[RateLimiter], key: str, busy_seconds: float) -> int:
    """Spend a unit in each of many calls at once, and give how many were granted."""
    spend_result = [
        asyncio.create_task(instances[number % 2].spend(key, 1, POLICY)) for number in range(CALLS)
    ]
    while busy_seconds and not all(one.done() for one in spend_result):
        await asyncio.sleep(0)
        ends = perf_counter() + busy_seconds
        while perf_counter() < ends:
            pass
    spent = await asyncio.gather(*spend_result)
    return sum(one.is_granted for one in spent)


async def test_what_a_flood_gives_back_is_given_back_to_the_unit_in_a_few_commands(
    redis_url: str,
) -> None:
    async def commands(redis: Redis) -> int:
        return int((await redis.info("stats"))["total_commands_processed"])

    key = uuid4().hex
    async with KeyValueClient(redis_url) as keyvalue, Redis.from_url(redis_url) as redis:
        shared = RedisBuckets(keyvalue)
        budgets = RateLimiter(MemoryBuckets(), shared)
        await budgets.spend(key, POLICY.capacity, POLICY)
        before = await commands(redis)
        for _ in range(900):
            budgets.refund(key, 1, POLICY)
        assert await commands(redis) - before < 10

        async def is_given_back() -> bool:
            return (await shared.spend(key, 0, POLICY)).available >= 900

        await until(is_given_back)
        assert (await shared.spend(key, 0, POLICY)).available < 950
        await budgets.close()
