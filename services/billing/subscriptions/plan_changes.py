"""Changing the plan: what it would do, and doing it against payment of exactly that."""

from dataclasses import dataclass
from typing import Any

from db.database import Transaction
from db.queries.billing import plan_changes
from db.row import Row
from db.states import PaymentKind
from services.billing.current import (
    current_subscription,
    customer_of,
    plan_on_sale,
    price_segments,
    store_state,
)
from services.billing.orders import OrderDesk, key_expired, replayed_payment
from services.billing.records import NewPayment, Payment, Plan, StoredSubscription
from services.billing.rules import lifecycle
from services.billing.rules.dunning import action_deadline
from services.billing.rules.plan_changes import (
    PlanChange,
    PlanChangeKind,
    check_amount,
    plan_change,
)
from services.mutations.idempotency import key_digest
from services.record_values import values_of


@dataclass(frozen=True, slots=True)
class PlanChangeOrder:
    """A person's request to change to another plan, for what they expect to be charged."""

    user_id: int
    plan_code: str
    idempotency_key: str
    request_id: str | None
    expected_amount_due_cents: int | None = None


@dataclass(frozen=True, slots=True)
class ChangedPlan:
    """The plan before a change, and the payment that the change waits for or was made against."""

    previous: Plan
    payment: Row | None = None


class PlanChangeService:
    """Changes plans; every method raises `PersonUnknown`."""

    def __init__(self, desk: OrderDesk) -> None:
        self._desk = desk

    async def preview(self, user_id: int, plan_code: str) -> PlanChange:
        """What a change would do now, to the cent; changes nothing.

        Raises `InvalidPlan`, `NoActiveSubscription`, `AlreadyOnPlan` and `Conflict`.
        """
        now = self._desk.clock()
        async with self._desk.database.read_primary() as connection:
            wanted = await plan_on_sale(connection, plan_code)
            current = await current_subscription(connection, user_id, now)
            segments = await price_segments(connection, current)
        return plan_change(current, wanted, segments, now)

    async def change_plan(self, order: PlanChangeOrder) -> ChangedPlan:
        """Change to a dearer plan at once, if the difference is paid, and to a cheaper one later.

        Raises what `preview` does, `AmountChanged`, `Conflict` while a payment is under way, and
        `IdempotencyKeyReused`. The same key returns the same change.
        """
        # Any: JSON.
        values: dict[str, Any] = {"plan": order.plan_code}
        if order.expected_amount_due_cents is not None:
            values["due"] = order.expected_amount_due_cents

        async def work(transaction: Transaction) -> tuple[Plan, Row | Payment | None]:
            claim = await self._desk.claim(
                transaction, order, operation="changePlan", values=values
            )
            if claim.result is not None:
                return await _replayed(transaction, order.user_id, claim.result)
            change, payment = await self._begin(transaction, order)
            payment_id = None if payment is None else payment.id
            result = {"previous": values_of(change.previous), "payment": payment_id}
            await claim.store(transaction, result)
            return change.previous, payment

        previous, payment = await self._desk.run(order, work)
        if isinstance(payment, Payment):
            payment = await self._desk.charge(order, payment)
        return ChangedPlan(previous, payment)

    async def _begin(
        self, transaction: Transaction, order: PlanChangeOrder
    ) -> tuple[PlanChange, Payment | None]:
        wanted = await plan_on_sale(transaction, order.plan_code)
        current = await self._desk.current(transaction, order)
        segments = await price_segments(transaction, current)
        change = plan_change(current, wanted, segments, self._desk.clock())
        check_amount(change, order.expected_amount_due_cents)
        if current is None:
            raise RuntimeError("only an active subscription has a change of plan")
        await self._desk.check_none_open(transaction, current)
        if change.due_cents > 0:
            return change, await self._begin_payment(transaction, order, current, change)
        await self._apply(transaction, order, current, change)
        return change, None

    async def _begin_payment(
        self,
        transaction: Transaction,
        order: PlanChangeOrder,
        current: StoredSubscription,
        change: PlanChange,
    ) -> Payment:
        """Record the payment of the difference; the plan changes when it has succeeded."""
        customer = await customer_of(transaction, order.user_id)
        method = None if customer is None else customer.payment_method
        new = NewPayment(
            kind=PaymentKind.PRORATION,
            subscription_id=current.id,
            plan_code=change.wanted.code,
            amount_cents=change.due_cents,
            currency=change.wanted.currency,
            idempotency_key=key_digest(order.idempotency_key),
            payment_method_token=method,
            customer=customer.reference if customer and method else None,
            period_start=change.effective_at,
            period_end=change.period.end,
            expires_at=action_deadline(change.effective_at, change.period.end),
            plan_price_cents=change.to_price_cents,
        )
        return await self._desk.begin_payment(transaction, order, new)

    async def _apply(
        self,
        transaction: Transaction,
        order: PlanChangeOrder,
        current: StoredSubscription,
        change: PlanChange,
    ) -> None:
        """Do what costs nothing now."""
        now, code = self._desk.clock(), change.wanted.code
        is_at_once = change.kind is PlanChangeKind.AT_ONCE
        if is_at_once:
            state = lifecycle.plan_changed(current.state, code, change.to_price_cents)
        else:
            is_later = change.kind is PlanChangeKind.AT_PERIOD_END
            state = lifecycle.plan_scheduled(current.state, code if is_later else None)
        await store_state(transaction, current, state, now)
        if is_at_once and not await plan_changes.insert_plan_change(
            transaction,
            user_id=order.user_id,
            subscription_id=current.id,
            from_plan_code=change.previous.code,
            to_plan_code=code,
            from_price_cents=change.from_price_cents,
            to_price_cents=change.to_price_cents,
            carried_cents=change.carried_cents,
            idempotency_key=key_digest(order.idempotency_key),
            changed_at=change.effective_at,
        ):
            raise key_expired()
        action = "plan.changed" if is_at_once else "plan.scheduled"
        await self._desk.record(
            transaction, order, action, current.id, before=change.previous.code, after=code
        )


# Any: JSON.
async def _replayed(
    transaction: Transaction, user_id: int, result: dict[str, Any]
) -> tuple[Plan, Row | None]:
    """What the key was used for; the version before stored the previous plan alone."""
    payment_id = result.get("payment")
    row = None
    if payment_id is not None:
        row = await replayed_payment(transaction, user_id, payment_id)
    return Plan(**result.get("previous", result)), row
