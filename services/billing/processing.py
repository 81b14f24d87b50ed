"""Carrying recorded payments out at the provider, between two transactions."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from clients.payments.provider import (
    PaymentProvider,
    PaymentProviderRefused,
    PaymentProviderUnavailable,
)
from clients.payments.records import Charge, ChargeResult, ChargeState
from db.database import Database
from db.queries.billing import archived_payments, payments
from services.billing.records import Payment
from services.billing.rows import payment_from
from services.billing.settlement import PaymentSettlement, lock_payment
from services.mutations.audit import SYSTEM, Actor
from services.throttling.concurrency import slot_released

ProviderCall: TypeAlias = Callable[[Charge], Awaitable[ChargeResult]]
_log = structlog.get_logger("guidance.billing")


class PaymentProcessor:
    """Sends recorded payments to the provider, and stores what it answers.

    `overdue_seconds` is longer than a call to the provider can take.
    """

    def __init__(
        self,
        database: Database,
        provider: PaymentProvider,
        settlement: PaymentSettlement,
        *,
        overdue_seconds: float,
    ) -> None:
        self.overdue_seconds = overdue_seconds
        self._database = database
        self._provider = provider
        self._settlement = settlement

    async def charge(self, payment: Payment, actor: Actor) -> None:
        """Charge a recorded payment; if there is no answer, the worker finds out later."""
        await self._settle(payment, await self._answer(self._provider.charge, payment), actor)

    async def finish_overdue(self) -> int:
        """Look up the result of each payment that is overdue, and return how many there were.

        Several processes may do this at once. Nobody is charged.
        """
        count = 0
        while (payment := await self._claim_overdue()) is not None:
            await self._settle(payment, await self._answer(self._provider.find, payment), SYSTEM)
            count += 1
        return count

    async def _claim_overdue(self) -> Payment | None:
        async with self._database.read_primary() as connection:
            row = await payments.claim_overdue(connection, self.overdue_seconds)
            if row is None:
                row = await archived_payments.claim_overdue(connection, self.overdue_seconds)
        return None if row is None else payment_from(row)

    async def _answer(self, call: ProviderCall, payment: Payment) -> ChargeResult | None:
        """What the provider says about a payment; None while that is not known."""
        try:
            async with slot_released():
                result = await call(_charge(payment))
        except PaymentProviderUnavailable as error:
            _log.warning("a payment is open", payment=payment.id, reason=str(error))
        except PaymentProviderRefused:
            _log.exception("the payment provider refuses our request", payment=payment.id)
        else:
            return None if result.state is ChargeState.PENDING else result
        return None

    async def _settle(self, payment: Payment, result: ChargeResult | None, actor: Actor) -> None:
        if result is None:
            async with self._database.read_primary() as connection:
                if payment.user_id is None:
                    await archived_payments.postpone(connection, payment.id)
                else:
                    await payments.postpone(connection, payment.user_id, payment.id)
            return
        async with self._database.begin() as transaction:
            locked = await lock_payment(transaction, payment.user_id, payment.id)
            if locked is not None:
                await self._settlement.apply(transaction, locked, result, actor)


def _charge(payment: Payment) -> Charge:
    return Charge(
        payment_id=payment.id,
        amount_cents=payment.amount_cents,
        currency=payment.currency,
        # An erasure deletes the token; after that the payment is only looked up, never charged.
        payment_method_token=payment.payment_method_token or "",
        idempotency_key=payment.provider_key,
    )
