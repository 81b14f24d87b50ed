"""Giving payments back, for operators: recorded as payments of their own, and made until done."""

from db.database import Database, Transaction
from db.queries.billing import payments
from db.row import Row
from db.states import PaymentKind, PaymentStatus
from services.billing.processing import PaymentProcessor
from services.billing.records import NewPayment, Payment
from services.billing.settlement import insert_payment, lock_payment
from services.clock import Clock
from services.mutations import audit


class RefundRefused(Exception):
    """A payment cannot be given back; the message says why."""


class RefundService:
    """Gives payments back."""

    def __init__(self, database: Database, charging: PaymentProcessor, *, clock: Clock) -> None:
        self._database = database
        self._charging = charging
        self._clock = clock

    async def refund(
        self, user_id: int, payment_id: int, *, amount_cents: int | None, reason: str
    ) -> Row:
        """Give back some of a payment, or all that is left of it, and return the refund's row.

        While the provider does not answer it is pending, and the worker goes on with it. Of two at
        once, the second sees what the first gives back. The subscription stays as it is. Raises
        `RefundRefused`.
        """
        async with self._database.begin() as transaction:
            payment = await lock_payment(transaction, user_id, payment_id)
            refund = await self._record(transaction, payment, amount_cents, reason)
        await self._charging.charge(refund, audit.OPERATOR)
        async with self._database.read_primary() as connection:
            row = await payments.by_id(connection, user_id, refund.id)
        if row is None:
            raise RefundRefused("the person was erased meanwhile")
        return row

    async def _record(
        self,
        transaction: Transaction,
        payment: Payment | None,
        amount_cents: int | None,
        reason: str,
    ) -> Payment:
        if payment is None or payment.user_id is None or payment.kind is PaymentKind.REFUND:
            raise RefundRefused("there is no such payment")
        if payment.status is not PaymentStatus.SUCCEEDED:
            raise RefundRefused(f"the payment is {payment.status}: there is nothing to give back")
        given = await payments.refunded_cents(transaction, payment.user_id, payment.id)
        amount = _checked_amount(payment, given, amount_cents)
        now = self._clock()
        new = NewPayment(
            kind=PaymentKind.REFUND,
            subscription_id=payment.subscription_id,
            plan_code=payment.plan_code,
            amount_cents=amount,
            currency=payment.currency,
            idempotency_key=f"refund:{payment.id}:{given}:{now.isoformat()}",
            refund_of_id=payment.id,
        )
        recorded = await insert_payment(
            transaction,
            payment.user_id,
            new,
            patience_seconds=self._charging.overdue_seconds,
            now=now,
        )
        if recorded is None:
            raise RefundRefused("this refund was recorded already")
        await audit.record(
            transaction,
            audit.OPERATOR,
            "refund.begun",
            f"subscription:{payment.subscription_id}",
            now=now,
            user_id=payment.user_id,
            payment=payment.id,
            amount=amount,
            client_supplied={"reason": reason},
        )
        return recorded


def _checked_amount(payment: Payment, given_cents: int, amount_cents: int | None) -> int:
    left = payment.amount_cents - given_cents
    amount = left if amount_cents is None else amount_cents
    if not 0 < amount <= left:
        raise RefundRefused(f"{left} of {payment.amount_cents} cents are left to give back")
    return amount
