"""Billing without HTTP: instances of its services on one database, and a scripted provider."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg

from clients.payments.provider import (
    PaymentMethodRefused,
    PaymentProviderRefused,
    PaymentProviderUnavailable,
)
from clients.payments.records import (
    Charge,
    ChargeResult,
    ChargeState,
    Owner,
    PaymentEvent,
    Refund,
    RefundResult,
    RefundState,
)
from db.database import Database, open_database
from db.queries.billing import subscriptions
from db.row import Row
from services.billing.customers import Customers
from services.billing.invoices import PaidInvoices
from services.billing.orders import OrderDesk, PersonOrder
from services.billing.processing import PaymentProcessor
from services.billing.provider_events import PaymentEventHandler
from services.billing.records import Plan, Subscription
from services.billing.rows import subscription_from
from services.billing.service import BillingService, MethodOrder, PaymentOrder
from services.billing.settlement import PaymentSettlement
from services.billing.subscriptions.cancellation import CancellationService
from services.billing.subscriptions.plan_changes import (
    ChangedPlan,
    PlanChangeOrder,
    PlanChangeService,
)
from services.billing.subscriptions.renewals import Renewals
from services.clock import Clock
from services.invoicing.book import people_invoices
from tests.fixtures.stores.world import ALAN, NOW

BASIC, PREMIUM = "basic-entry", "premium-unlimited"
TOKEN, UNKNOWN_TOKEN = "pm_of_the_tests", "pm_unknown"
METHOD = "pm_stored"
SELLER = "Analytical Engines Ltd"
PATIENCE_SECONDS = 30.0
SUCCEEDED = ChargeResult(ChargeState.SUCCEEDED, None)
DECLINED = ChargeResult(ChargeState.DECLINED, None, "card_declined")
PROCESSING = ChargeResult(ChargeState.PENDING, None)
NOT_MADE = ChargeResult(ChargeState.NOT_MADE, None)
SILENCE = PaymentProviderUnavailable("no answer")
REFUSAL = PaymentProviderRefused("a wrong key")
_EVERYTHING = """
SELECT (SELECT array_agg(s ORDER BY id) FROM user_subscriptions s)::text,
  (SELECT array_agg(p ORDER BY id) FROM billing_payment_attempts p)::text,
  (SELECT array_agg(c ORDER BY id) FROM billing_plan_changes c)::text,
  (SELECT array_agg(e ORDER BY id) FROM billing_webhook_events e)::text,
  (SELECT array_agg(a ORDER BY id) FROM audit_events a)::text,
  (SELECT array_agg(k ORDER BY id) FROM idempotency_keys k)::text
"""


async def nothing(_charge: Charge) -> None:
    """What happens while the provider is asked, by default."""


@dataclass
class Provider:
    """Gives the answers that it is given, one a question, and otherwise takes the money."""

    answers: deque[ChargeResult | Exception] = field(default_factory=deque)
    charged: list[Charge] = field(default_factory=list)
    found: list[Charge] = field(default_factory=list)
    refunded: list[Refund] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    meanwhile: Callable[[Charge], Awaitable[None]] = nothing
    """Is done while the provider is asked, before it answers."""

    def will(self, *answers: ChargeResult | Exception) -> None:
        self.answers.extend(answers)

    async def charge(self, charge: Charge) -> ChargeResult:
        self.charged.append(charge)
        return await self._answer(charge)

    async def find(self, charge: Charge) -> ChargeResult:
        self.found.append(charge)
        return await self._answer(charge)

    async def cancel(self, charge: Charge) -> ChargeResult:
        return await self.find(charge)

    def read_event(self, body: bytes, signature_header: str) -> PaymentEvent | None:
        raise NotImplementedError

    async def _answer(self, charge: Charge) -> ChargeResult:
        await self.meanwhile(charge)
        answer = self.answers.popleft() if self.answers else SUCCEEDED
        if isinstance(answer, Exception):
            raise answer
        if answer.state is ChargeState.SUCCEEDED and charge.customer is not None:
            return replace(answer, payment_method=METHOD)
        return answer

    async def open_customer(self, owner: Owner) -> str:
        return f"customer of {owner.key}"

    async def store_method(self, _customer: str, token: str) -> str:
        if token == UNKNOWN_TOKEN:
            raise PaymentMethodRefused("invalid_payment_method")
        return METHOD

    async def delete_customer(self, customer: str) -> None:
        self.deleted.append(customer)

    async def portal_url(self, customer: str, return_url: str) -> str:
        return f"https://provider.example/{customer}?{return_url}"

    async def refund(self, refund: Refund) -> RefundResult:
        self.refunded.append(refund)
        return RefundResult(RefundState.SUCCEEDED, f"re_{refund.idempotency_key}")


@dataclass
class Instance:
    """One instance of billing; `invalidated` is who was, with the status that others then read."""

    watching: "asyncpg.Pool[Row]"
    database: Database
    provider: Provider
    charging: PaymentProcessor
    events: PaymentEventHandler
    service: BillingService
    plan_changes: PlanChangeService
    cancellation: CancellationService
    renewals: Renewals
    clock: Clock
    invalidated: list[tuple[int, str | None]]

    async def checkout(self, key: str = "key", **changes: Any) -> Row:
        """Alan pays for the basic plan, unless something else is said."""
        return await self.service.checkout(payment_order(key, **changes))

    async def retry(self, key: str = "key", **changes: Any) -> Row:
        return await self.service.retry_payment(payment_order(key, **changes))

    async def change(self, key: str = "key", **changes: Any) -> Plan:
        """The plan before a change."""
        return (await self.begin_change(key, **changes)).previous

    async def begin_change(self, key: str = "key", **changes: Any) -> ChangedPlan:
        usual: dict[str, Any] = {
            "user_id": ALAN,
            "plan_code": PREMIUM,
            "idempotency_key": key,
            "request_id": "request",
        }
        return await self.plan_changes.change_plan(PlanChangeOrder(**usual | changes))

    async def update_method(self, key: str = "key", **changes: Any) -> Row:
        """Alan gives another card."""
        usual: dict[str, Any] = {
            "user_id": ALAN,
            "payment_method_token": "pm_another",
            "idempotency_key": key,
            "request_id": "request",
        }
        return await self.service.update_payment_method(MethodOrder(**usual | changes))

    async def cancel(
        self, key: str = "cancel", *, user_id: int = ALAN, at_period_end: bool = True
    ) -> None:
        """Alan cancels."""
        order = PersonOrder(user_id, key, "request")
        await self.cancellation.cancel(order, at_period_end=at_period_end)

    async def resume(self, key: str = "resume", *, user_id: int = ALAN) -> None:
        """Alan takes that back."""
        await self.cancellation.resume(PersonOrder(user_id, key, "request"))

    async def state(self, user_id: int = ALAN) -> Subscription:
        """A person's subscription, as it is read now."""
        (row,) = await self._current(user_id)
        return subscription_from(row, self.clock())

    async def receive_event(
        self, payment_id: int, result: ChargeResult, event_id: str = "evt_1"
    ) -> None:
        """The provider sends an event about a payment."""
        key = (await self.payment(payment_id))["provider_key"]
        event = PaymentEvent(event_id, NOW, payment_id, key, result)
        await self.events.handle(event, request_id="webhook")

    async def make_overdue(self) -> None:
        """Let the time pass after which open payments are asked about."""
        await self.rows(
            "UPDATE billing_payment_attempts SET next_check_at = '-infinity', "
            "asked_until = '-infinity' WHERE status = 'pending'"
        )

    async def new_person(self) -> int:
        """Somebody without a subscription."""
        ((user_id,),) = await self.rows(
            "INSERT INTO users (email) VALUES (gen_random_uuid() || '@example.com') RETURNING id"
        )
        return int(user_id)

    async def payment(self, payment_id: int) -> Row:
        (row,) = await self.rows("SELECT * FROM billing_payment_attempts WHERE id = $1", payment_id)
        return row

    async def subscription(self, user_id: int = ALAN) -> tuple[str, str, str | None] | None:
        """Status, plan and reason of a person's newest subscription."""
        rows = await self.rows(
            "SELECT status, plan_code, failure_reason FROM user_subscriptions WHERE user_id = $1 "
            "ORDER BY updated_at DESC, id DESC LIMIT 1",
            user_id,
        )
        return tuple(rows[0]) if rows else None

    async def audit(self) -> list[tuple[Any, ...]]:
        """Every event of the trail."""
        return [
            tuple(row)
            for row in await self.rows(
                "SELECT action, subject, actor_kind, actor_id, user_id, request_id, occurred_at, "
                "details::text FROM (SELECT *, NULL AS user_id FROM general_audit_events "
                "UNION ALL SELECT id, occurred_at, actor_kind, actor_id, action, subject, "
                "request_id, details, user_id FROM audit_events) AS event ORDER BY id"
            )
        ]

    async def everything(self) -> Row:
        """All that billing can change."""
        (row,) = await self.rows(_EVERYTHING)
        return row

    async def _current(self, user_id: int) -> list[Row]:
        async with self.database.read_primary() as connection:
            return await subscriptions.current_subscription_by_user(connection, [user_id])

    async def rows(self, query: str, *arguments: object) -> list[Row]:
        """What a query gives, on a connection that billing does not use."""
        rows: list[Row] = await self.watching.fetch(query, *arguments)
        return rows


def payment_order(key: str, **changes: Any) -> PaymentOrder:
    usual: dict[str, Any] = {
        "user_id": ALAN,
        "plan_code": BASIC,
        "payment_method_token": TOKEN,
        "idempotency_key": key,
        "request_id": "request",
    }
    return PaymentOrder(**usual | changes)


@asynccontextmanager
async def instance(url: str, *, clock: Clock = lambda: NOW) -> AsyncIterator[Instance]:
    """One instance on the database at `url`, which others may share."""
    provider = Provider()
    invalidated: list[tuple[int, str | None]] = []

    async def invalidate(user_ids: Sequence[int]) -> None:
        for user_id in user_ids:
            subscription = await parts.subscription(user_id)
            invalidated.append((user_id, subscription and subscription[0]))

    async with (
        asyncpg.create_pool(url, min_size=0) as watching,
        open_database(url, replica_url=None, pool_size=4, observe=lambda *_: None) as database,
    ):
        invoices = PaidInvoices(people_invoices(SELLER))
        outcomes = PaymentSettlement(invoices=invoices, invalidate=invalidate, clock=clock)
        charging = PaymentProcessor(
            database,
            provider,
            outcomes,
            customers=Customers(database, provider, clock=clock),
            overdue_seconds=PATIENCE_SECONDS,
            clock=clock,
        )
        desk = OrderDesk(database, charging, invalidate=invalidate, clock=clock)
        parts = Instance(
            watching,
            database,
            provider,
            charging,
            PaymentEventHandler(database, outcomes, clock=clock),
            BillingService(desk),
            PlanChangeService(desk),
            CancellationService(desk),
            Renewals(database, charging, invalidate=invalidate, clock=clock),
            clock,
            invalidated,
        )
        yield parts


def play(url: str, scenario: Callable[[Instance], Awaitable[None]]) -> None:
    """Play a scenario with one instance."""

    async def run() -> None:
        async with instance(url) as parts:
            await scenario(parts)

    asyncio.run(run())
