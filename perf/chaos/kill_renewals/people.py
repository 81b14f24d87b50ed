"""The people of the trial: made with subscriptions of all days, and what they do on a day."""

from datetime import timedelta
from math import ceil
from random import Random

import asyncpg

from clients.payments.records import PaymentEvent
from clients.payments.sandbox.tokens import AUTHENTICATION_LATER, DECLINED_LATER, OK, TIMEOUT
from perf.chaos.kill_renewals.billing import TrialBilling
from services.billing.orders import PersonOrder
from services.billing.service import MethodOrder, PaymentOrder
from services.billing.subscriptions.plan_changes import PlanChangeOrder
from services.mutations.refusals import Refusal

PLANS = ("basic-entry", "premium-unlimited")
_CARDS = (OK,) * 12 + (TIMEOUT, TIMEOUT, AUTHENTICATION_LATER, DECLINED_LATER)
_UNTOLD = 0.3
"""The share of payments that nobody confirms, and of those whose event never comes."""
_PATIENT = 0.8
"""The share of those who cancel that stay until the period ends."""
_MAKE = """
WITH person AS (
  INSERT INTO users (email) SELECT 'person' || n || '@example.com' FROM generate_series(1, $1) n
  RETURNING id),
begun AS (
  SELECT id, $2::timestamptz - (id % 31) * interval '1 day' - (id % 97) * interval '1 minute' AS at,
         CASE id % 3 WHEN 0 THEN 'premium-unlimited' ELSE 'basic-entry' END AS plan
  FROM person),
customer AS (
  INSERT INTO billing_customers (user_id, customer, payment_method)
  SELECT id, 'cus_' || id, ($3::text[])[1 + id % cardinality($3::text[])] FROM begun)
INSERT INTO user_subscriptions (user_id, plan_code, status, started_at)
SELECT id, plan, 'active', at FROM begun RETURNING user_id
"""
_WAITING = """
SELECT id, user_id, provider_key, client_secret FROM billing_payment_attempts
WHERE status = 'requires_action' AND created_at > $1
"""
_WAITING_FOR = timedelta(days=1)


async def make_people(
    connection: "asyncpg.Connection[asyncpg.Record]", billing: TrialBilling, count: int
) -> list[int]:
    """Add people with subscriptions from before there were periods, and stored cards."""
    rows = await connection.fetch(_MAKE, count, billing.clock(), list(_CARDS))
    return [row["user_id"] for row in rows]


class People:
    """What people do: change plans, cancel, come back, give other cards, and confirm payments."""

    def __init__(self, billing: TrialBilling, random: Random, user_ids: list[int]) -> None:
        self._billing = billing
        self._random = random
        self._user_ids = user_ids
        self._keys = 0

    async def act(self, share: float) -> int:
        """Let a share of them do something; returns how many were refused nothing."""
        done = 0
        count = ceil(len(self._user_ids) * share)
        for user_id in self._random.sample(self._user_ids, count):
            done += await self._do(user_id)
        return done

    async def confirm(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Let most of those whom the bank asks confirm; of some the event never comes."""
        billing = self._billing
        since = billing.clock() - _WAITING_FOR
        for row in await connection.fetch(_WAITING, since):
            if self._random.random() < _UNTOLD or row["client_secret"] is None:
                continue
            billing.sandbox.complete_action(row["client_secret"])
            if self._random.random() < _UNTOLD:
                continue
            for event in await billing.sandbox.charges_since(since):
                if event.idempotency_key == row["provider_key"]:
                    await self._tell(event)

    async def _tell(self, event: PaymentEvent) -> None:
        for _ in range(self._random.randint(1, 2)):
            await self._billing.events.handle(event, request_id=None)

    async def _do(self, user_id: int) -> bool:
        billing, random, request = self._billing, self._random, None
        self._keys += 1
        key = f"trial {self._keys}"
        order = PersonOrder(user_id, key, request)
        plan, card = random.choice(PLANS), random.choice(_CARDS)
        actions = (
            lambda: billing.plan_changes.change_plan(PlanChangeOrder(user_id, plan, key, request)),
            lambda: billing.plan_changes.change_plan(PlanChangeOrder(user_id, plan, key, request)),
            lambda: billing.cancellation.cancel(order, at_period_end=random.random() < _PATIENT),
            lambda: billing.cancellation.resume(order),
            lambda: billing.service.checkout(PaymentOrder(user_id, plan, card, key, request)),
            lambda: billing.service.checkout(PaymentOrder(user_id, plan, card, key, request)),
            lambda: billing.service.update_payment_method(MethodOrder(user_id, card, key, request)),
        )
        try:
            await random.choice(actions)()
        except Refusal:
            return False
        return True
