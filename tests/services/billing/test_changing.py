"""Moving to another plan: only while active, at once, and once for each key."""

import asyncio
from typing import Any

import pytest

from services.billing.rules.payments import AlreadyOnPlan, InvalidPlan, NoActiveSubscription
from services.callers.people import PersonUnknown
from services.mutations.idempotency import IdempotencyKeyReused
from services.mutations.refusals import InvalidInput, Refusal
from tests.fixtures.stores.world import ADA, ALAN, GRACE, MARY, NOW
from tests.services.billing.billing_instances import BASIC, PREMIUM, Instance, instance, play

CHANGES = """
SELECT user_id, subscription_id, from_plan_code, to_plan_code, changed_at
FROM billing_plan_changes ORDER BY id
"""


def test_a_plan_is_changed_there_and_back(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        assert (await parts.change("one", user_id=GRACE)).code == BASIC
        assert await parts.subscription(GRACE) == ("active", PREMIUM, None)
        assert (await parts.change("two", user_id=GRACE, plan_code=BASIC)).code == PREMIUM
        assert [tuple(row) for row in await parts.rows(CHANGES)] == [
            (GRACE, 3, BASIC, PREMIUM, NOW),
            (GRACE, 3, PREMIUM, BASIC, NOW),
        ]
        common = "plan.changed", "subscription:3", "user", GRACE, GRACE, "request", NOW
        assert await parts.audit() == [
            (*common, f'{{"after": "{PREMIUM}", "before": "{BASIC}"}}'),
            (*common, f'{{"after": "{BASIC}", "before": "{PREMIUM}"}}'),
        ]
        assert parts.invalidated == [(GRACE, "active")] * 2

    play(own_world, scenario)


def test_the_same_key_gives_the_same_plan_and_changes_nothing(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        previous = await parts.change(user_id=GRACE)
        await parts.change("back", user_id=GRACE, plan_code=BASIC)
        before = await parts.everything()
        assert await parts.change(user_id=GRACE) == previous
        with pytest.raises(IdempotencyKeyReused):
            await parts.change(user_id=GRACE, plan_code=BASIC)
        assert await parts.everything() == before
        assert len(parts.invalidated) == 2

    play(own_world, scenario)


@pytest.mark.parametrize(
    ("refusal", "changes", "at"),
    [
        (NoActiveSubscription, {"user_id": ALAN}, None),
        (NoActiveSubscription, {"user_id": MARY}, None),
        (AlreadyOnPlan, {"user_id": ADA}, "planCode"),
        (InvalidPlan, {"user_id": GRACE, "plan_code": "golden"}, "planCode"),
        (InvalidInput, {"user_id": GRACE, "idempotency_key": ""}, "idempotencyKey"),
        (PersonUnknown, {"user_id": 987_654}, None),
    ],
)
def test_what_is_refused_changes_nothing(
    world: str, refusal: type[Exception], changes: dict[str, Any], at: str | None
) -> None:
    async def scenario(parts: Instance) -> None:
        before = await parts.everything()
        with pytest.raises(refusal) as raised:
            await parts.change(**{"key": "key"} | changes)
        if isinstance(raised.value, Refusal):
            assert raised.value.field == at
        assert await parts.everything() == before
        assert parts.invalidated == []

    play(world, scenario)


def test_who_pays_does_not_move(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        await parts.rows("UPDATE user_subscriptions SET status = 'pending' WHERE user_id = 2")
        with pytest.raises(NoActiveSubscription):
            await parts.change(user_id=GRACE)

    play(own_world, scenario)


async def test_of_concurrent_changes_on_two_instances_one_changes(own_world: str) -> None:
    async with instance(own_world) as one, instance(own_world) as other:
        answers = await asyncio.gather(
            *(
                parts.change(f"key {number}", user_id=GRACE)
                for number, parts in enumerate((one, other) * 5)
            ),
            return_exceptions=True,
        )
        assert sorted(type(answer).__name__ for answer in answers) == [
            *["AlreadyOnPlan"] * 9,
            "Plan",
        ]
        assert len(await one.rows(CHANGES)) == 1
