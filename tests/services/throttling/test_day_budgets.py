"""Budgets of a day: spent together or not at all, in this process and in Redis."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from keyvalue import KeyValueClient
from services.throttling.day_budgets import DayBudgets
from tests.fixtures.stores.redis import controlled_redis
from tests.keyvalue.availability import counted

TODAY = date(2026, 2, 20)
TOMORROW = TODAY + timedelta(days=1)
LIMITS = (100, 1_000, 10)


@asynccontextmanager
async def budgets_in(url: str | None) -> AsyncIterator[DayBudgets]:
    if url is None:
        yield DayBudgets(None)
        return
    async with KeyValueClient(url) as keyvalue:
        yield DayBudgets(keyvalue)


@pytest.fixture(params=["here", "shared"])
def place(request: pytest.FixtureRequest) -> str | None:
    """Where the budgets are: the URL of Redis, or None for this process."""
    return None if request.param == "here" else str(request.getfixturevalue("redis_url"))


def run(place: str | None, scenario: Callable[[DayBudgets, str], Awaitable[None]]) -> None:
    async def go() -> None:
        async with budgets_in(place) as budgets:
            await scenario(budgets, uuid4().hex)

    asyncio.run(go())


def test_all_kinds_are_spent_or_none(place: str | None) -> None:
    async def scenario(budgets: DayBudgets, key: str) -> None:
        assert await budgets.spend(key, TODAY, (60, 100, 1), LIMITS) == (True, [0, 0, 0])
        assert await budgets.spend(key, TODAY, (10, 100, 10), LIMITS) == (False, [60, 100, 1])
        assert await budgets.spend(key, TODAY, (40, 900, 9), LIMITS) == (True, [60, 100, 1])
        assert await budgets.spend(key, TODAY, (0, 0, 0), LIMITS) == (True, [100, 1_000, 10])
        assert await budgets.spend(key, TODAY, (1, 0, 0), LIMITS) == (False, [100, 1_000, 10])

    run(place, scenario)


def test_what_is_given_back_can_be_spent_again(place: str | None) -> None:
    async def scenario(budgets: DayBudgets, key: str) -> None:
        await budgets.spend(key, TODAY, LIMITS, LIMITS)
        assert await budgets.spend(key, TODAY, (-30, 0, -10), LIMITS) == (True, [100, 1_000, 10])
        assert await budgets.spend(key, TODAY, (30, 0, 10), LIMITS) == (True, [70, 1_000, 0])

    run(place, scenario)


def test_what_is_not_known_to_be_spent_is_not_given_back(place: str | None) -> None:
    async def scenario(budgets: DayBudgets, key: str) -> None:
        assert await budgets.spend(key, TODAY, (-30, 5, -10), LIMITS) == (True, [0, 0, 0])
        assert await budgets.spend(key, TODAY, (0, -9, 1), LIMITS) == (True, [0, 5, 0])
        assert await budgets.spend(key, TODAY, (101, 0, 0), LIMITS) == (False, [0, 0, 1])

    run(place, scenario)


def test_another_day_and_another_key_are_untouched(place: str | None) -> None:
    async def scenario(budgets: DayBudgets, key: str) -> None:
        await budgets.spend(key, TODAY, LIMITS, LIMITS)
        assert (await budgets.spend(key, TOMORROW, LIMITS, LIMITS))[0]
        assert (await budgets.spend(f"{key}2", TODAY, LIMITS, LIMITS))[0]

    run(place, scenario)


def test_many_at_once_do_not_exceed_it(place: str | None) -> None:
    async def scenario(budgets: DayBudgets, key: str) -> None:
        spending = (budgets.spend(key, TODAY, (30, 30, 3), LIMITS) for _ in range(20))
        granted = [is_spent for is_spent, _ in await asyncio.gather(*spending)]
        assert granted.count(True) == 3

    run(place, scenario)


def test_a_day_is_forgotten_after_the_next(redis_url: str) -> None:
    async def scenario(budgets: DayBudgets, key: str) -> None:
        await budgets.spend(key, TODAY, (1, 1, 1), LIMITS)
        async with Redis.from_url(redis_url) as redis:
            left = await redis.ttl(f"guidance:day:{key}:2026-02-20")
        assert 86_400 < left <= 172_800

    run(redis_url, scenario)


@pytest.mark.parametrize(
    "stored",
    [
        ("SET", "somebody else's"),
        ("RPUSH", "1"),
        *(("HSET", "2", amount) for amount in ("", "x", "nan", "inf", "-1", "1e300")),
    ],
    ids=str,
)
def test_a_stored_value_that_is_no_amount_counts_as_nothing_spent(
    redis_url: str, stored: tuple[str, ...]
) -> None:
    async def scenario(budgets: DayBudgets, key: str) -> None:
        command, *values = stored
        async with Redis.from_url(redis_url) as redis:
            name = f"guidance:day:{key}:2026-02-20"
            await redis.execute_command(command, name, *values)  # type: ignore[no-untyped-call]  # no types
        before = counted("unreadable", user="budgets")
        assert await budgets.spend(key, TODAY, (60, 100, 1), LIMITS) == (True, [0, 0, 0])
        assert counted("unreadable", user="budgets") == before + 1
        assert await budgets.spend(key, TODAY, (60, 0, 0), LIMITS) == (False, [60, 100, 1])

    run(redis_url, scenario)


def test_while_redis_is_away_this_process_counts(tmp_path: Path) -> None:
    async def scenario() -> None:
        with controlled_redis(tmp_path) as redis:
            async with KeyValueClient(redis.url) as keyvalue:
                budgets = DayBudgets(keyvalue)
                await budgets.spend("a", TODAY, LIMITS, LIMITS)
                redis.kill()
                assert (await budgets.spend("a", TODAY, LIMITS, LIMITS))[0]
                assert not (await budgets.spend("a", TODAY, LIMITS, LIMITS))[0]

    asyncio.run(scenario())
