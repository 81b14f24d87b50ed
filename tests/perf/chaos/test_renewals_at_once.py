"""Workers, webhooks and the person in the same second: every cent is accounted for all the same."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from random import Random

import asyncpg

from clients.payments.sandbox.tokens import AUTHENTICATION_LATER, DECLINED_LATER, OK, TIMEOUT
from perf.chaos.kill_renewals.audit import audit
from perf.chaos.kill_renewals.billing import ACCOUNT_FILE, TrialBilling, trial_billing
from perf.chaos.kill_renewals.people import PLANS
from services.billing.orders import PersonOrder
from services.billing.service import MethodOrder, PaymentOrder
from services.billing.subscriptions.plan_changes import PlanChangeOrder
from services.mutations.refusals import Refusal

INSTANCES, PEOPLE, MONTHS = 3, 6, 4
CARDS = (OK, OK, TIMEOUT, AUTHENTICATION_LATER, DECLINED_LATER)
_NEW_PERSON = "INSERT INTO users (email) VALUES (gen_random_uuid() || '@example.com') RETURNING id"
_SETTLE = """UPDATE billing_payment_attempts SET next_check_at = '-infinity', asked_until = NULL
WHERE status = 'pending'"""
_PENDING = "SELECT count(*) FROM billing_payment_attempts WHERE status = 'pending'"


async def test_everything_at_once_charges_nobody_twice(database_url: str, tmp_path: Path) -> None:
    random = Random(7)
    async with AsyncExitStack() as stack:
        instances = [
            await stack.enter_async_context(
                trial_billing(database_url, tmp_path, Random(number), share=0.05)
            )
            for number in range(INSTANCES)
        ]
        connection = await asyncpg.connect(database_url)
        stack.push_async_callback(connection.close)
        people = [await connection.fetchval(_NEW_PERSON) for _ in range(PEOPLE)]
        keys = iter(range(10_000))
        for user_id in people:
            order = PaymentOrder(user_id, PLANS[0], random.choice(CARDS), f"{next(keys)}", None)
            await instances[0].service.checkout(order)
        for _ in range(MONTHS):
            instances[0].clock.advance(timedelta(days=31))
            works = [work for one in instances for work in workers(one)]
            works += [
                work
                for user_id in people
                for _ in range(3)
                for work in orders(random.choice(instances), user_id, random, f"{next(keys)}")
            ]
            random.shuffle(works)
            await asyncio.gather(*(unless_refused(work) for work in works))
            await settle(instances[0], connection)
        found = await audit(connection, tmp_path / ACCOUNT_FILE, instances[0].clock())
    assert found.problems == ()
    assert found.payments > PEOPLE
    assert found.renewals > 0


def workers(billing: TrialBilling) -> list[Callable[[], Awaitable[object]]]:
    """A worker, twice, and the events of all charges, which come twice and in any order."""

    async def hear() -> None:
        for event in await billing.sandbox.charges_since(billing.clock() - timedelta(days=90)):
            await billing.events.handle(event, request_id=None)

    jobs = (billing.renewals.run_due, billing.charging.finish_overdue)
    return [*jobs, *jobs, billing.charging.give_up_expired, hear, hear]


def orders(
    billing: TrialBilling, user_id: int, random: Random, key: str
) -> list[Callable[[], Awaitable[object]]]:
    """What a person orders: another plan, its end or that it goes on, another card."""
    plan, card, is_patient = random.choice(PLANS), random.choice(CARDS), random.random() < 0.5
    cancelled = PersonOrder(user_id, f"{key} cancel", None)
    return [
        lambda: billing.plan_changes.change_plan(
            PlanChangeOrder(user_id, plan, f"{key} change", None)
        ),
        lambda: billing.cancellation.cancel(cancelled, at_period_end=is_patient),
        lambda: billing.cancellation.resume(PersonOrder(user_id, f"{key} resume", None)),
        lambda: billing.service.update_payment_method(
            MethodOrder(user_id, card, f"{key} card", None)
        ),
        lambda: billing.service.checkout(PaymentOrder(user_id, plan, card, f"{key} pay", None)),
    ]


async def unless_refused(work: Callable[[], Awaitable[object]]) -> None:
    """Do something that may be refused."""
    try:
        await work()
    except Refusal:
        return


async def settle(billing: TrialBilling, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Let workers finish what is due, and find out what became of every payment."""
    done = 1
    while done or await connection.fetchval(_PENDING):
        await connection.execute(_SETTLE)
        done = await billing.renewals.run_due()
        done += await billing.charging.finish_overdue()
        done += await billing.charging.give_up_expired()
