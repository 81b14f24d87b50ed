"""Paying for a subscription, and changing its plan."""

from dataclasses import dataclass

from asyncpg import Record

from db.database import Database, Transaction
from db.queries import billing, payments
from services import audit, idempotency, people
from services.billing.charging import Charging
from services.billing.records import NO_SUBSCRIPTION, Plan, Subscription
from services.billing.rows import plan_from, subscription_from
from services.billing.rules import (
    InvalidPlan,
    PaymentDeclined,
    check_can_change,
    check_can_pay,
    checked_token,
)
from services.clock import Clock
from services.idempotency import Caller, Claim
from services.refusal import Conflict


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants to pay for, and in which request they said so."""

    user_id: int
    plan_code: str
    payment_method_token: str
    idempotency_key: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class _Current:
    """A person's subscription; `id` is its row's, None where there is none."""

    id: int | None
    subscription: Subscription


class BillingService:
    """What a person does about the subscription; what changes anything raises `PersonUnknown`."""

    def __init__(self, database: Database, charging: Charging, *, clock: Clock) -> None:
        self._database = database
        self._charging = charging
        self._clock = clock

    async def checkout(self, order: Order) -> Record:
        """Pay for a plan, and give the payment: settled, or pending while its outcome is not known.

        The same key gives the same payment. Raises `InvalidPlan`, `InvalidInput`,
        `SubscriptionAlreadyActive`, `Conflict` while another payment is under way, and
        `IdempotencyKeyReused`.
        """
        return await self._pay(order, "checkout")

    async def retry_payment(self, order: Order) -> Record:
        """Pay again after a payment that failed; otherwise as `checkout`."""
        return await self._pay(order, "retryPayment")

    async def change_plan(
        self, user_id: int, *, plan_code: str, idempotency_key: str, request_id: str | None
    ) -> Plan:
        """Move an active subscription to another plan at once, and give the plan that it had.

        Raises `InvalidPlan`, `NoActiveSubscription`, `AlreadyOnPlan` and `IdempotencyKeyReused`.
        """
        now = self._clock()
        async with self._database.begin() as transaction:
            await people.lock(transaction, user_id)
            claim = await idempotency.claim(
                transaction,
                Caller(user_id=user_id),
                idempotency_key,
                operation="changePlan",
                values={"plan": plan_code},
                now=now,
            )
            if claim.result is not None:
                return Plan(**claim.result)
            wanted = await _plan_on_sale(transaction, plan_code)
            current = await _current(transaction, user_id)
            previous = check_can_change(current.subscription, wanted)
            await self._change(transaction, user_id, current, previous, wanted, idempotency_key)
            await claim.keep(
                transaction, {name: getattr(previous, name) for name in Plan.__slots__}
            )
            await audit.record(
                transaction,
                audit.person(user_id, request_id),
                "plan.changed",
                f"subscription:{current.id}",
                now=now,
                user_id=user_id,
                before=previous.code,
                after=wanted.code,
            )
            transaction.after_commit(lambda: self._charging.invalidate([user_id]))
        return previous

    async def _change(
        self,
        transaction: Transaction,
        user_id: int,
        current: _Current,
        previous: Plan,
        wanted: Plan,
        idempotency_key: str,
    ) -> None:
        now, subscription_id = self._clock(), current.id or 0
        await billing.change_plan(transaction, subscription_id, wanted.code, now)
        await payments.insert_plan_change(
            transaction,
            user_id=user_id,
            subscription_id=subscription_id,
            from_plan_code=previous.code,
            to_plan_code=wanted.code,
            idempotency_key=idempotency_key,
            now=now,
        )

    async def _pay(self, order: Order, operation: str) -> Record:
        token = checked_token(order.payment_method_token)
        actor = audit.person(order.user_id, order.request_id)
        async with self._database.begin() as transaction:
            await people.lock(transaction, order.user_id)
            claim = await idempotency.claim(
                transaction,
                Caller(user_id=order.user_id),
                order.idempotency_key,
                operation=operation,
                values={"plan": order.plan_code, "token": token},
                now=self._clock(),
            )
            if claim.result is not None:
                return _again(await payments.by_id(transaction, claim.result["payment"]))
            payment = await self._record(transaction, order, actor, claim)
        await self._charging.charge(payment, actor)
        async with self._database.read_primary() as connection:
            return await payments.by_id(connection, payment["id"]) or payment

    async def _record(
        self, transaction: Transaction, order: Order, actor: audit.Actor, claim: Claim
    ) -> Record:
        """Record a payment that is about to be asked for."""
        now, user_id = self._clock(), order.user_id
        plan = await _plan_on_sale(transaction, order.plan_code)
        current = await _current(transaction, user_id)
        check_can_pay(current.subscription)
        subscription_id = current.id
        if subscription_id is None:
            subscription_id = await billing.insert_subscription(
                transaction, user_id, plan.code, now
            )
        else:
            await billing.begin_payment(transaction, subscription_id, plan.code, now)
        payment = await payments.insert_payment(
            transaction,
            user_id=user_id,
            subscription_id=subscription_id,
            plan_code=plan.code,
            amount_cents=plan.monthly_price_cents,
            currency=plan.currency,
            idempotency_key=order.idempotency_key,
            payment_method_token=order.payment_method_token,
            patience_seconds=self._charging.patience_seconds,
            now=now,
        )
        await claim.keep(transaction, {"payment": payment["id"]})
        await audit.record(
            transaction,
            actor,
            "payment.begun",
            f"subscription:{subscription_id}",
            now=now,
            user_id=user_id,
            payment=payment["id"],
            plan=plan.code,
        )
        transaction.after_commit(lambda: self._charging.invalidate([user_id]))
        return payment


async def _plan_on_sale(transaction: Transaction, plan_code: str) -> Plan:
    row = None if "\0" in plan_code else await billing.plan_on_sale(transaction, plan_code)
    if row is None:
        raise InvalidPlan("There is no such plan on sale.", field="planCode")
    return plan_from(row)


async def _current(transaction: Transaction, user_id: int) -> _Current:
    rows = await billing.current_subscription_by_user(transaction, [user_id])
    if not rows:
        return _Current(None, NO_SUBSCRIPTION)
    return _Current(rows[0]["id"], subscription_from(rows[0]))


def _again(payment: Record | None) -> Record:
    """The payment of a key that was used before; raises `Conflict` while it is being asked for."""
    if payment is None:
        raise RuntimeError("a payment is gone")
    if payment["status"] == "pending" and payment["is_being_asked"]:
        raise Conflict("This payment is being made; ask again.", retry_after_seconds=1)
    return payment


def refusal_of(payment: Record) -> PaymentDeclined | None:
    """What a person is told of a payment that failed."""
    if payment["status"] != "failed":
        return None
    return PaymentDeclined(
        f"The payment was declined: {payment['failure_reason']}.", field="paymentMethodToken"
    )
