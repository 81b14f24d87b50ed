"""What billing changes, every instance reads at once; what it refuses is kept in the cache."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from orjson import loads

from app.graphql.request.graphql_request import GraphQLRequest
from app.http.json_encoding import encode_json
from app.wiring import Application, open_application
from clients.payments.records import ChargeResult, ChargeState, PaymentEvent
from clients.payments.sandbox.tokens import DECLINED, OK, TIMEOUT
from perf.benchmarks.harness.single_response import single_response
from services.billing.orders import PersonOrder
from services.billing.service import PaymentOrder
from services.billing.subscriptions.plan_changes import PlanChangeOrder
from services.callers.principal import Person
from services.mutations.refusals import Refusal
from tests.fixtures.servers.server import settings_for
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.redis import running_redis
from tests.fixtures.stores.world import ALAN, NOW

DOCUMENT = "{ viewer { subscription { status plan { code } } } }"
READ = "billing.current_subscription_by_user"
BASIC, PREMIUM = "basic-entry", "premium-unlimited"


async def ask(application: Application) -> tuple[str, str | None, bool]:
    """Status and plan as Alan reads them, and whether they came out of the cache."""
    request = GraphQLRequest(DOCUMENT)
    answer = await single_response(application.graphql, request, Person(ALAN))
    assert "errors" not in answer.body, answer.body
    # Any: JSON.
    subscription: Any = loads(encode_json(answer.body))["data"]["viewer"]["subscription"]
    plan = subscription["plan"]
    return subscription["status"], plan and plan["code"], READ not in answer.statements


async def warm(*applications: Application) -> None:
    """Let each have it cached; a busy machine may take Redis for slow."""
    async with asyncio.timeout(20):
        for application in applications:
            while not (await ask(application))[2]:
                pass


def payment(key: str, token: str = OK) -> PaymentOrder:
    return PaymentOrder(ALAN, BASIC, token, key, "request")


def test_every_change_is_read_at_once_everywhere(own_world: str, tmp_path: Path) -> None:
    async def scenario(url: str) -> None:
        async with AsyncExitStack() as stack:
            settings = settings_for(
                own_world,
                tmp_path,
                redis_url=url,
                billing_subscription_cache_ttl_seconds=3_600,
            )
            one, other = [
                await stack.enter_async_context(
                    open_application(settings, own_world, clock=lambda: NOW)
                )
                for _ in range(2)
            ]

            async def reads(status: str, plan: str | None) -> None:
                for application in (one, other):
                    assert (await ask(application))[:2] == (status, plan)
                await warm(one, other)

            await reads("INACTIVE", None)
            declined = await one.billing.service.checkout(payment("1", DECLINED))
            await reads("FAILED", BASIC)
            await one.billing.service.retry_payment(payment("2", TIMEOUT))
            await reads("PENDING", BASIC)
            await run(own_world, "UPDATE billing_payment_attempts SET next_check_at = '-infinity'")
            assert await one.billing.charging.finish_overdue() == 1
            await reads("ACTIVE", BASIC)
            await one.billing.plan_changes.change_plan(
                PlanChangeOrder(ALAN, PREMIUM, "3", "request")
            )
            await reads("ACTIVE", BASIC)
            await run(own_world, "UPDATE billing_payment_attempts SET next_check_at = '-infinity'")
            assert await one.billing.charging.finish_overdue() == 1
            await reads("ACTIVE", PREMIUM)
            await one.billing.cancellation.cancel(
                PersonOrder(ALAN, "4", "request"), at_period_end=False
            )
            await reads("INACTIVE", PREMIUM)
            # So that the event of the payment that was declined has something to change.
            await run(own_world, "UPDATE user_subscriptions SET status = 'failed' WHERE id > 5")
            event = PaymentEvent(
                "evt_1",
                NOW,
                declined["id"],
                declined["provider_key"],
                ChargeResult(ChargeState.SUCCEEDED, "late"),
            )
            await one.billing.events.handle(event, request_id=None)
            await reads("ACTIVE", BASIC)

    with running_redis(tmp_path) as url:
        asyncio.run(scenario(url))


async def test_what_is_refused_or_repeated_remains_cached(own_world: str, tmp_path: Path) -> None:
    settings = settings_for(own_world, tmp_path)
    async with open_application(settings, own_world, clock=lambda: NOW) as application:
        service = application.billing.service
        await service.checkout(payment("1"))
        await warm(application)
        for refused in (
            service.checkout(payment("2")),
            service.retry_payment(payment("1")),
            application.billing.plan_changes.change_plan(
                PlanChangeOrder(ALAN, BASIC, "3", "request")
            ),
            application.billing.plan_changes.change_plan(
                PlanChangeOrder(ALAN, "golden", "4", "request")
            ),
        ):
            with pytest.raises(Refusal):
                await refused
        await service.checkout(payment("1"))
        assert await ask(application) == ("ACTIVE", BASIC, True)


class Time:
    """A clock that is set."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


_ENDS = """SELECT current_period_end AS period, grace_ends_at AS grace
FROM user_subscriptions WHERE user_id = $1 ORDER BY id DESC LIMIT 1"""
_PAST_DUE = """UPDATE user_subscriptions SET status = 'past_due', cancel_at_period_end = false,
  past_due_since = current_period_end, grace_ends_at = current_period_end + interval '7 days'
WHERE id > 5"""


@pytest.mark.parametrize("ends_with", ["period", "grace"])
@pytest.mark.parametrize("is_shared", [False, True], ids=["in memory", "in redis"])
def test_no_entry_outlives_its_period_or_grace_anywhere(
    own_world: str, tmp_path: Path, ends_with: str, *, is_shared: bool
) -> None:
    """Nobody records the end, so nobody invalidates: each instance's own clock ends it."""
    time = Time()

    async def scenario(url: str | None) -> None:
        async with AsyncExitStack() as stack:
            settings = settings_for(
                own_world, tmp_path, redis_url=url, billing_subscription_cache_ttl_seconds=3_600
            )
            instances = [
                await stack.enter_async_context(open_application(settings, own_world, clock=time))
                for _ in range(2)
            ]
            billing = instances[0].billing
            await billing.service.checkout(payment("1"))
            await billing.cancellation.cancel(PersonOrder(ALAN, "2", "request"), at_period_end=True)
            if ends_with == "grace":
                await run(own_world, _PAST_DUE)
                await instances[0].subscriptions.invalidate([ALAN])
            ((period_end, grace_end),) = await rows_of(own_world, _ENDS, ALAN)
            await warm(*instances)
            end = grace_end if ends_with == "grace" else period_end
            served = "PAST_DUE" if ends_with == "grace" else "ACTIVE"
            time.now = end - timedelta(microseconds=1)
            for instance in instances:
                assert await ask(instance) == (served, BASIC, True)
            time.now = end
            # Who asks first reads it anew, for all who share the cache.
            assert await ask(instances[0]) == ("INACTIVE", BASIC, False)
            assert await ask(instances[1]) == ("INACTIVE", BASIC, is_shared)

    if not is_shared:
        asyncio.run(scenario(None))
        return
    with running_redis(tmp_path) as url:
        asyncio.run(scenario(url))
