"""Paying for a subscription and changing its plan."""

from dataclasses import asdict, dataclass
from typing import Any

from db.database import Database, Transaction
from db.queries.billing import payments, subscriptions
from db.row import Row
from services.billing.current import current_subscription, plan_on_sale
from services.billing.processing import PaymentProcessor
from services.billing.records import Payment, Plan
from services.billing.rows import payment_from
from services.billing.rules import check_can_change_plan, check_can_pay, checked_token
from services.billing.settlement import Invalidate
from services.callers import people
from services.clock import Clock
from services.mutations import audit, idempotency
from services.mutations.idempotency import Caller, Claim, IdempotencyKeyReused
from services.mutations.refusals import Conflict


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """A person's request to pay for a plan."""

    user_id: int
    plan_code: str
    payment_method_token: str
    idempotency_key: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class PlanChangeOrder:
    """A person's request to change to another plan."""

    user_id: int
    plan_code: str
    idempotency_key: str
    request_id: str | None


class BillingService:
    """What a person can do with their subscription; every method raises `PersonUnknown`."""

    def __init__(
        self,
        database: Database,
        charging: PaymentProcessor,
        *,
        invalidate: Invalidate,
        clock: Clock,
    ) -> None:
        self._database = database
        self._charging = charging
        self._invalidate = invalidate
        self._clock = clock

    async def checkout(self, order: PaymentOrder) -> Row:
        """Pay for a plan and return the payment: settled, or pending if its result is unknown.

        The same key returns the same payment. Raises `InvalidPlan`, `InvalidInput`,
        `SubscriptionAlreadyActive`, `Conflict` while this or another payment is under way, and
        `IdempotencyKeyReused`.
        """
        return await self._pay(order, "checkout")

    async def retry_payment(self, order: PaymentOrder) -> Row:
        """Pay again after a failed payment; otherwise like `checkout`."""
        return await self._pay(order, "retryPayment")

    async def change_plan(self, order: PlanChangeOrder) -> Plan:
        """Change the plan of an active subscription at once, and return the previous plan.

        Raises `InvalidPlan`, `NoActiveSubscription`, `AlreadyOnPlan` and `IdempotencyKeyReused`.
        """
        async with self._database.begin() as transaction:
            claim = await self._claim(
                transaction, order, operation="changePlan", values={"plan": order.plan_code}
            )
            if claim.result is not None:
                return Plan(**claim.result)
            previous = await self._change(transaction, order)
            await claim.store(transaction, asdict(previous))
        return previous

    async def _pay(self, order: PaymentOrder, operation: str) -> Row:
        token = checked_token(order.payment_method_token)
        async with self._database.begin() as transaction:
            claim = await self._claim(
                transaction,
                order,
                operation=operation,
                values={"plan": order.plan_code, "token": token},
            )
            if claim.result is not None:
                return await _replayed_payment(transaction, order.user_id, claim.result["payment"])
            payment = await self._begin(transaction, order)
            await claim.store(transaction, {"payment": payment.id})
        await self._charging.charge(payment, audit.person(order.user_id, order.request_id))
        async with self._database.read_primary() as connection:
            row = await payments.by_id(connection, order.user_id, payment.id)
        return people.require_person(row)

    async def _claim(
        self,
        transaction: Transaction,
        order: PaymentOrder | PlanChangeOrder,
        *,
        operation: str,
        values: dict[str, str],
    ) -> Claim:
        """Claim the key; the person's orders run one after the other."""
        use = idempotency.key_use(order.idempotency_key, operation=operation, values=values)
        caller = Caller(user_id=order.user_id)
        now = self._clock()
        return await idempotency.claim(transaction, caller, use, now=now, is_exclusive=True)

    async def _begin(self, transaction: Transaction, order: PaymentOrder) -> Payment:
        """Record a payment before the provider is asked."""
        plan = await plan_on_sale(transaction, order.plan_code)
        current = await current_subscription(transaction, order.user_id)
        check_can_pay(current.subscription)
        now, subscription_id = self._clock(), current.id
        if subscription_id is None:
            subscription_id = await subscriptions.insert_subscription(
                transaction, order.user_id, plan.code, now
            )
        else:
            await subscriptions.begin_payment(
                transaction, order.user_id, subscription_id, plan.code, now
            )
        row = await payments.insert_payment(
            transaction,
            user_id=order.user_id,
            subscription_id=subscription_id,
            plan_code=plan.code,
            amount_cents=plan.monthly_price_cents,
            currency=plan.currency,
            idempotency_key=idempotency.key_digest(order.idempotency_key),
            payment_method_token=order.payment_method_token,
            patience_seconds=self._charging.overdue_seconds,
            now=now,
        )
        if row is None:
            raise _key_expired()
        payment = payment_from(row)
        await self._record_change(
            transaction,
            order,
            "payment.begun",
            subscription_id,
            payment=payment.id,
            plan=plan.code,
        )
        return payment

    async def _change(self, transaction: Transaction, order: PlanChangeOrder) -> Plan:
        wanted = await plan_on_sale(transaction, order.plan_code)
        current = await current_subscription(transaction, order.user_id)
        previous = check_can_change_plan(current.subscription, wanted)
        now = self._clock()
        subscription_id = await subscriptions.change_plan(
            transaction, order.user_id, wanted.code, now
        )
        if not await subscriptions.insert_plan_change(
            transaction,
            user_id=order.user_id,
            subscription_id=subscription_id,
            from_plan_code=previous.code,
            to_plan_code=wanted.code,
            idempotency_key=idempotency.key_digest(order.idempotency_key),
            now=now,
        ):
            raise _key_expired()
        await self._record_change(
            transaction,
            order,
            "plan.changed",
            subscription_id,
            before=previous.code,
            after=wanted.code,
        )
        return previous

    async def _record_change(
        self,
        transaction: Transaction,
        order: PaymentOrder | PlanChangeOrder,
        action: str,
        subscription_id: int,
        **details: Any,  # Any: JSON
    ) -> None:
        """Record the audit event, and invalidate caches after the commit."""
        await audit.record(
            transaction,
            audit.person(order.user_id, order.request_id),
            action,
            f"subscription:{subscription_id}",
            now=self._clock(),
            user_id=order.user_id,
            **details,
        )
        transaction.after_commit(lambda: self._invalidate([order.user_id]))
        transaction.on_unknown_outcome(lambda: self._invalidate([order.user_id]))


async def _replayed_payment(transaction: Transaction, user_id: int, payment_id: int) -> Row:
    """The payment of an earlier use of the key; raises `Conflict` while that use is running."""
    row = people.require_person(await payments.by_id(transaction, user_id, payment_id))
    if payment_from(row).is_being_made:
        raise Conflict("This payment is being made; ask again.", retry_after_seconds=1)
    return row


def _key_expired() -> IdempotencyKeyReused:
    """Payments and plan changes store their key forever, longer than idempotency keys are kept."""
    return IdempotencyKeyReused("This key was used before, long ago.", field="idempotencyKey")
