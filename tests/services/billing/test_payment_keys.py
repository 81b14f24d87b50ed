"""A payment is made once for its key, however often and at once it is requested."""

import asyncio

import pytest

from clients.payments.records import Charge, ChargeResult
from clients.payments.sandbox.provider import SandboxProvider
from clients.payments.sandbox.tokens import SLOW, SLOW_SECONDS
from clients.payments.webhook import WebhookReader
from services.billing.rules.payments import InvalidPlan, SubscriptionAlreadyActive
from services.mutations.idempotency import IdempotencyKeyReused
from services.mutations.refusals import Conflict
from tests.fixtures.stores.world import MARY, NOW
from tests.services.billing.billing_instances import (
    BASIC,
    DECLINED,
    PREMIUM,
    PROCESSING,
    SILENCE,
    SUCCEEDED,
    Instance,
    instance,
    play,
)


def test_what_was_refused_leaves_its_key_unused(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        with pytest.raises(InvalidPlan):
            await parts.checkout(plan_code="golden")
        assert (await parts.checkout(plan_code=BASIC))["status"] == "succeeded"

    play(own_world, scenario)


@pytest.mark.parametrize(
    ("answer", "status"),
    [(SUCCEEDED, "succeeded"), (DECLINED, "failed"), (PROCESSING, "pending")],
)
def test_the_same_key_gives_the_same_payment_and_charges_nothing(
    own_world: str, answer: ChargeResult, status: str
) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(answer)
        payment = await parts.checkout()
        before, invalidated = await parts.everything(), list(parts.invalidated)
        assert await parts.checkout(request_id="later") == payment
        assert payment["status"] == status
        assert (await parts.everything(), parts.invalidated) == (before, invalidated)
        assert len(parts.provider.charged) == 1

    play(own_world, scenario)


def test_a_failed_payment_is_still_what_its_key_gives_when_another_succeeded(
    own_world: str,
) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(DECLINED)
        failed = await parts.checkout("one")
        await parts.checkout("two")
        assert await parts.checkout("one") == failed
        assert await parts.subscription() == ("active", BASIC, None)

    play(own_world, scenario)


def test_a_key_stands_for_one_input_of_one_mutation_of_one_person(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        await parts.checkout()
        before = await parts.everything()
        for reuse in (
            parts.checkout(plan_code=PREMIUM),
            parts.checkout(payment_method_token="pm_other"),
            parts.checkout(plan_code="golden"),
            parts.retry(),
            parts.change(),
        ):
            with pytest.raises(IdempotencyKeyReused) as raised:
                await reuse
            assert raised.value.field == "idempotencyKey"
        assert await parts.everything() == before
        assert (await parts.checkout(user_id=MARY))["user_id"] == MARY
        assert len(parts.provider.charged) == 2

    play(own_world, scenario)


def test_a_key_that_was_used_so_long_ago_that_it_is_forgotten(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(DECLINED)
        await parts.checkout("paid")
        await parts.checkout("other")
        await parts.change("changed")
        await parts.rows("DELETE FROM idempotency_keys")
        before = await parts.everything()
        with pytest.raises(IdempotencyKeyReused) as raised:
            await parts.update_method("changed")
        assert raised.value.field == "idempotencyKey"
        assert await parts.everything() == before
        await parts.rows("UPDATE user_subscriptions SET status = 'failed' WHERE user_id = 3")
        before = await parts.everything()
        with pytest.raises(IdempotencyKeyReused):
            await parts.checkout("paid")
        assert await parts.everything() == before
        assert len(parts.provider.charged) == 3

    play(own_world, scenario)


def test_a_key_that_is_in_flight(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        refusals: list[Conflict] = []

        async def ask_again(_charge: Charge) -> None:
            async with instance(own_world) as other:
                for key in ("key", "other key"):
                    with pytest.raises(Conflict) as raised:
                        await other.checkout(key)
                    refusals.append(raised.value)
                assert other.provider.charged == []

        parts.provider.meanwhile = ask_again
        assert (await parts.checkout())["status"] == "succeeded"
        assert [(str(one), one.retry_after_seconds) for one in refusals] == [
            ("This payment is being made; ask again.", 1),
            ("A payment is under way; wait for its outcome.", 2),
        ]

    play(own_world, scenario)


def test_a_slow_card_keeps_others_waiting(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            with pytest.raises(Conflict):
                await parts.checkout(payment_method_token=SLOW)
            slept.append(seconds)

        sandbox = SandboxProvider(WebhookReader((), lambda: NOW), sleep)

        async def slowly(charge: Charge) -> None:
            await sandbox.charge(charge)

        parts.provider.meanwhile = slowly
        assert (await parts.checkout(payment_method_token=SLOW))["status"] == "succeeded"
        assert slept == [SLOW_SECONDS]

    play(own_world, scenario)


def test_a_key_whose_payment_is_only_being_found_out_about_is_not_in_flight(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        during: list[str] = []

        async def ask_again(_charge: Charge) -> None:
            during.append((await parts.checkout())["status"])

        parts.provider.will(SILENCE)
        await parts.checkout()
        await parts.make_overdue()
        parts.provider.meanwhile = ask_again
        assert await parts.charging.finish_overdue() == 1
        assert during == ["pending"]
        assert (await parts.checkout())["status"] == "succeeded"

    play(own_world, scenario)


@pytest.mark.parametrize("is_one_key", [True, False])
async def test_of_concurrent_checkouts_on_two_instances_one_charges(
    own_world: str, *, is_one_key: bool
) -> None:
    async with instance(own_world) as one, instance(own_world) as other:
        answers = await asyncio.gather(
            *(
                parts.checkout("key" if is_one_key else f"key {number}")
                for number, parts in enumerate((one, other) * 10)
            ),
            return_exceptions=True,
        )
        assert len(one.provider.charged + other.provider.charged) == 1
        paid = {answer["id"] for answer in answers if not isinstance(answer, BaseException)}
        assert len(paid) == 1
        refused = {type(answer) for answer in answers if isinstance(answer, BaseException)}
        assert refused <= {Conflict, SubscriptionAlreadyActive}
        assert len(await one.audit()) == 2
