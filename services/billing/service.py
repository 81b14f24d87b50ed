"""Paying for a subscription, and the methods that it is paid with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from db.database import Transaction
from db.queries.billing import subscriptions
from db.row import Row
from db.states import PaymentKind, SubscriptionStatus
from services.billing.current import (
    customer_of,
    plan_on_sale,
    renewal_cents,
    store_state,
)
from services.billing.orders import OrderDesk, replayed_payment
from services.billing.records import NewPayment, Payment, Plan, StoredSubscription
from services.billing.rules import lifecycle
from services.billing.rules.dunning import action_deadline
from services.billing.rules.payments import (
    NoActiveSubscription,
    check_can_pay,
    check_is_unpaid,
    checked_token,
)
from services.billing.rules.periods import Period
from services.mutations.idempotency import key_digest


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """A person's request to pay for a plan."""

    user_id: int
    plan_code: str
    payment_method_token: str
    idempotency_key: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class MethodOrder:
    """A person's request to be charged to another payment method from now on."""

    user_id: int
    payment_method_token: str
    idempotency_key: str
    request_id: str | None


AnyOrder = TypeVar("AnyOrder", PaymentOrder, MethodOrder)


class BillingService:
    """What a person pays for their subscription; every method raises `PersonUnknown`.

    The payments that they return are settled, or wait for the person, or are pending if their
    result is unknown. The same key returns the same payment.
    """

    def __init__(self, desk: OrderDesk) -> None:
        self._desk = desk

    async def checkout(self, order: PaymentOrder) -> Row:
        """Pay for a plan, or begin its trial, and return the payment.

        Raises `InvalidPlan`, `InvalidInput`, `SubscriptionAlreadyActive`, `Conflict` while this or
        another payment is under way, and `IdempotencyKeyReused`.
        """
        return await self._pay(order, "checkout")

    async def retry_payment(self, order: PaymentOrder) -> Row:
        """Pay again after a failed payment or renewal; otherwise like `checkout`."""
        return await self._pay(order, "retryPayment")

    async def update_payment_method(self, order: MethodOrder) -> Row:
        """Store another method; a renewal that is past due is charged to it at once.

        Raises `InvalidInput`, `NoActiveSubscription`, `Conflict` and `IdempotencyKeyReused`.
        """
        values = {"token": checked_token(order.payment_method_token)}
        return await self._once(order, "updatePaymentMethod", values, self._begin_with_method)

    async def _pay(self, order: PaymentOrder, operation: str) -> Row:
        token = checked_token(order.payment_method_token)
        values = {"plan": order.plan_code, "token": token}
        return await self._once(order, operation, values, self._begin)

    async def _once(
        self,
        order: AnyOrder,
        operation: str,
        values: dict[str, str],
        begin: Callable[[Transaction, AnyOrder], Awaitable[Payment]],
    ) -> Row:
        """Begin a payment and charge it, or return the one that the key was used for."""

        async def work(transaction: Transaction) -> Row | Payment:
            claim = await self._desk.claim(transaction, order, operation=operation, values=values)
            if claim.result is not None:
                return await replayed_payment(transaction, order.user_id, claim.result["payment"])
            payment = await begin(transaction, order)
            await claim.store(transaction, {"payment": payment.id})
            return payment

        done = await self._desk.run(order, work)
        return await self._desk.charge(order, done) if isinstance(done, Payment) else done

    async def _begin(self, transaction: Transaction, order: PaymentOrder) -> Payment:
        """Record a payment before the provider is asked."""
        plan = await plan_on_sale(transaction, order.plan_code)
        current = await self._desk.current(transaction, order)
        if current is not None:
            check_is_unpaid(current.state.status)
            await self._desk.check_none_open(transaction, current)
            check_can_pay(current.state.status)
            if current.state.status is SubscriptionStatus.PAST_DUE:
                return await self._begin_renewal(transaction, order, current, plan)
        now = self._desk.clock()
        trial = await _trial(transaction, order.user_id, plan, now)
        if current is None:
            subscription_id = await subscriptions.insert_subscription(
                transaction, order.user_id, plan.code, now
            )
        else:
            subscription_id = current.id
            state = lifecycle.payment_started(current.state, plan.code)
            await store_state(transaction, current, state, now)
        new = NewPayment(
            kind=PaymentKind.CHECKOUT if trial is None else PaymentKind.TRIAL,
            subscription_id=subscription_id,
            plan_code=plan.code,
            amount_cents=0 if trial else plan.monthly_price_cents,
            currency=plan.currency,
            idempotency_key=key_digest(order.idempotency_key),
            payment_method_token=order.payment_method_token,
            customer=await _customer(transaction, order.user_id),
            period_start=None if trial is None else trial.start,
            period_end=None if trial is None else trial.end,
            expires_at=action_deadline(now, now + timedelta(days=1)),
            plan_price_cents=0 if trial else plan.monthly_price_cents,
        )
        return await self._desk.begin_payment(transaction, order, new)

    async def _begin_with_method(self, transaction: Transaction, order: MethodOrder) -> Payment:
        current = await self._desk.current(transaction, order)
        if current is not None and current.state.status is SubscriptionStatus.PAST_DUE:
            await self._desk.check_none_open(transaction, current)
            plan = current.next_plan or current.plan
            return await self._begin_renewal(transaction, order, current, plan)
        if current is None or current.state.status is not SubscriptionStatus.ACTIVE:
            raise NoActiveSubscription("Only a subscription that goes on needs another method.")
        await self._desk.check_none_open(transaction, current)
        new = NewPayment(
            kind=PaymentKind.METHOD,
            subscription_id=current.id,
            plan_code=current.state.plan_code,
            amount_cents=0,
            currency=current.plan.currency,
            idempotency_key=key_digest(order.idempotency_key),
            payment_method_token=order.payment_method_token,
            customer=await _customer(transaction, order.user_id),
        )
        return await self._desk.begin_payment(transaction, order, new)

    async def _begin_renewal(
        self,
        transaction: Transaction,
        order: PaymentOrder | MethodOrder,
        current: StoredSubscription,
        plan: Plan,
    ) -> Payment:
        """Record the renewal that is past due, paid by the person with a new method."""
        now = self._desk.clock()
        period = lifecycle.next_period(current.state)
        new = NewPayment(
            kind=PaymentKind.RENEWAL,
            subscription_id=current.id,
            plan_code=plan.code,
            amount_cents=await renewal_cents(transaction, current, plan),
            currency=plan.currency,
            idempotency_key=key_digest(order.idempotency_key),
            payment_method_token=order.payment_method_token,
            customer=await _customer(transaction, order.user_id),
            period_start=period.start,
            period_end=period.end,
            expires_at=action_deadline(now, current.state.grace_ends_at or now),
            plan_price_cents=plan.monthly_price_cents,
        )
        return await self._desk.begin_payment(transaction, order, new)


async def _trial(
    transaction: Transaction, user_id: int, plan: Plan, now: datetime
) -> Period | None:
    """The trial of the plan, for somebody who never had a subscription; None where there is none.

    The person is locked, so that of several orders one begins it.
    """
    if plan.trial_days == 0 or await subscriptions.has_started(transaction, user_id):
        return None
    return Period(now, now + timedelta(days=plan.trial_days))


async def _customer(transaction: Transaction, user_id: int) -> str | None:
    known = await customer_of(transaction, user_id)
    return None if known is None else known.reference
