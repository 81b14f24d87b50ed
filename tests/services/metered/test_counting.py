"""Units: each call counted once, exactly as many as the limits leave, whoever calls meanwhile."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from clients.llm import FailureReason, GenerationFailed
from db.queries.enterprise import metering
from services.enterprise.metering import KeyRevoked, UsageLimitExceeded
from services.enterprise.records import UsageContract, UsageLimitMode
from services.generation.failures import failure_refusal, stored_failure
from tests.fixtures.stores.world import GRACE, GRACES_CREDENTIAL, NOW
from tests.services.guidance.chat_instances import ScriptedModel, at, until
from tests.services.metered.metered_instances import (
    ADAS_CLIENT,
    GRACES_CLIENT,
    Instance,
    PromptModel,
    instance,
)

BLOCK, OVERAGE = UsageLimitMode.BLOCK, UsageLimitMode.OVERAGE
EVERYTHING = """
SELECT (SELECT sum(request_count) FROM enterprise_daily_usages),
  (SELECT count(*) FROM enterprise_generations), (SELECT count(*) FROM enterprise_idempotency_keys)
"""


async def many(parts: list[Instance], calls: int, keys: str = "key") -> list[bool]:
    """Make calls at the same time, by turns of the instances, and give which were served."""
    outcomes = await asyncio.gather(
        *(parts[number % len(parts)].generate(f"{keys} {number}") for number in range(calls)),
        return_exceptions=True,
    )
    assert {type(one) for one in outcomes if isinstance(one, Exception)} <= {UsageLimitExceeded}
    return [not isinstance(one, Exception) for one in outcomes]


async def test_two_hundred_parallel_calls_count_two_hundred(own_world: str) -> None:
    model = PromptModel()
    async with instance(own_world, model) as one, instance(own_world, model) as other:
        assert sum(await many([one, other], 200)) == 200
        assert await one.used() == 207
        assert model.requested == 200


async def test_the_first_calls_of_a_day_race_and_make_one_row(own_world: str) -> None:
    tomorrow = NOW + timedelta(days=1)
    async with (
        instance(own_world, PromptModel(), clock=at(tomorrow)) as one,
        instance(own_world, PromptModel(), clock=at(tomorrow)) as other,
    ):
        await many([one, other], 20)
        rows = await one.rows(
            "SELECT request_count FROM enterprise_daily_usages WHERE usage_date = $1",
            tomorrow.date(),
        )
        assert [row["request_count"] for row in rows] == [20]


@pytest.mark.parametrize(
    ("daily", "monthly", "served"),
    [(20, 10_000, 13), (10_000, 20, 13), (7, 10_000, 0), (10_000, 7, 0), (0, 0, 0)],
)
async def test_exactly_as_many_succeed_as_a_limit_leaves(
    own_world: str, daily: int, monthly: int, served: int
) -> None:
    contract = UsageContract(daily, monthly, BLOCK)
    async with (
        instance(own_world, PromptModel(), contract=contract) as one,
        instance(own_world, PromptModel(), contract=contract) as other,
    ):
        assert sum(await many([one, other], 40)) == served
        assert await one.used() == 7 + served
        assert await one.value("SELECT count(*) FROM enterprise_idempotency_keys") == served


@pytest.mark.parametrize(
    ("now", "daily", "monthly", "seconds"),
    [
        (NOW, 7, 10_000, 52_200),
        (datetime(2026, 2, 20, 23, 59, 59, 1, tzinfo=UTC), 7, 10_000, 1),
        (NOW, 10_000, 7, 8 * 86_400 + 52_200),
        (NOW, 7, 7, 8 * 86_400 + 52_200),
    ],
)
async def test_a_refusal_says_when_it_ends_and_changes_nothing(
    own_world: str, now: datetime, daily: int, monthly: int, seconds: int
) -> None:
    model, contract = PromptModel(), UsageContract(daily, monthly, BLOCK)
    async with instance(own_world, model, contract=contract, clock=at(now)) as parts:
        before = await parts.rows(EVERYTHING)
        with pytest.raises(UsageLimitExceeded) as refused:
            await parts.generate()
        assert refused.value.retry_after_seconds == seconds
        assert await parts.rows(EVERYTHING) == before
        assert model.requested == 0
        later = at(now + timedelta(seconds=seconds))
    async with instance(own_world, model, contract=contract, clock=later) as parts:
        assert (await parts.generate())["status"] == "complete"


async def test_overage_is_served_and_marked(own_world: str) -> None:
    contract = UsageContract(9, 10_000, OVERAGE)
    async with instance(own_world, PromptModel(), contract=contract) as parts:
        marks = [(await parts.generate(f"{number}"))["is_overage"] for number in range(4)]
        assert marks == [False, False, True, True]
        assert await parts.used() == 11
        marked = "SELECT count(*) FROM enterprise_generations WHERE is_overage"
        assert await parts.value(marked) == 2


async def test_the_month_ends_with_its_last_day(own_world: str) -> None:
    contract = UsageContract(10_000, 8, BLOCK)
    last, first = datetime(2026, 2, 28, 23, 59, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    async with instance(own_world, PromptModel(), contract=contract, clock=at(last)) as parts:
        assert await many([parts], 2) == [True, False]
    async with instance(own_world, PromptModel(), contract=contract, clock=at(first)) as parts:
        assert sum(await many([parts], 9, "in March")) == 8
        rows = await parts.rows(
            "SELECT usage_date, request_count FROM enterprise_daily_usages "
            "WHERE enterprise_account_id = 2 ORDER BY usage_date"
        )
        assert [tuple(row) for row in rows] == [
            (date(2026, 2, 20), 7),
            (date(2026, 2, 28), 1),
            (date(2026, 3, 1), 8),
        ]


@pytest.mark.parametrize("reason", FailureReason)
async def test_what_could_not_be_generated_is_given_back(
    own_world: str, reason: FailureReason
) -> None:
    model = ScriptedModel()
    async with instance(own_world, model) as parts:
        model.fail(GenerationFailed(reason, retry_after_seconds=9), "half a text")
        reply = await parts.generate()
        assert (reply["status"], reply["content"]) == ("failed", None)
        assert reply["failure_reason"] is not None
        ended_at = NOW + timedelta(milliseconds=reply["latency_ms"])
        for now, left in ((ended_at, 9), (ended_at + timedelta(minutes=1), 0)):
            stored = stored_failure(reply)
            assert stored is not None
            failure = failure_refusal(stored, now)
            assert failure is not None
            assert failure.retry_after_seconds == left
        assert await parts.used() == 7


async def test_an_empty_reply_and_an_unexpected_failure_cost_nothing(own_world: str) -> None:
    model = ScriptedModel()
    async with instance(own_world, model) as parts:
        model.end()
        assert (await parts.generate("a"))["failure_reason"] == "unavailable"
        model.fail(ZeroDivisionError())
        assert (await parts.generate("b"))["failure_reason"] == "unavailable"
        assert await parts.used() == 7


async def test_a_unit_is_given_back_to_the_day_that_it_was_counted_on(own_world: str) -> None:
    model, now = ScriptedModel(), NOW
    async with instance(own_world, model, clock=lambda: now) as parts:
        asking = asyncio.create_task(parts.generate())
        await until(lambda: bool(model.prompts))
        assert await parts.used() == 8
        now = NOW + timedelta(days=1)
        model.fail(GenerationFailed(FailureReason.TIMEOUT))
        await asking
        assert await parts.used() == 7


async def test_a_key_that_is_revoked_after_it_was_recognised_is_charged_nothing(
    own_world: str,
) -> None:
    model = PromptModel()
    async with instance(own_world, model) as parts, instance(own_world, model) as others:
        await others.credentials.revoke(GRACE, GRACES_CREDENTIAL, request_id="request")
        before = await parts.rows(EVERYTHING)
        with pytest.raises(KeyRevoked):
            await parts.generate()
        assert await parts.rows(EVERYTHING) == before
        assert model.requested == 0


async def test_a_flood_of_one_company_waits_without_the_connections_of_the_others(
    own_world: str,
) -> None:
    async with (
        instance(own_world, PromptModel(), pool_size=2) as parts,
        instance(own_world, PromptModel()) as slow,
    ):
        async with slow.database.begin() as transaction:
            await metering.hold_account(transaction, GRACES_CLIENT.account_id)
            flood = asyncio.create_task(many([parts], 50))
            replies = [
                await parts.generate(f"key {number}", client=ADAS_CLIENT) for number in range(5)
            ]
            assert {reply["status"] for reply in replies} == {"complete"}
            assert not flood.done()
        assert all(await flood)
        assert await parts.used() == 57
