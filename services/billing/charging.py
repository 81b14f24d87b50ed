"""Asking the payment provider, between two transactions, and finishing what was interrupted."""

import structlog
from asyncpg import Record

from clients.payments.provider import (
    PaymentProvider,
    PaymentProviderRefused,
    PaymentProviderUnavailable,
)
from clients.payments.records import Charge, ChargeResult, ChargeState, PaymentEvent
from db.database import Database
from db.queries import payments
from services.audit import SYSTEM, Actor
from services.billing import outcomes
from services.billing.outcomes import Invalidate
from services.clock import Clock

_log = structlog.get_logger("guidance.billing")


class Charging:
    """Takes recorded payments to the provider, and what the provider says to the records.

    `patience_seconds` is longer than the provider is ever asked for.
    """

    def __init__(
        self,
        database: Database,
        provider: PaymentProvider,
        *,
        patience_seconds: float,
        invalidate: Invalidate,
        clock: Clock,
    ) -> None:
        self.patience_seconds = patience_seconds
        self.invalidate = invalidate
        self._database = database
        self._provider = provider
        self._clock = clock

    async def charge(self, payment: Record, actor: Actor) -> None:
        """Take the money of a recorded payment; without an answer the worker finds out later."""
        try:
            result = await self._provider.charge(_charge(payment))
        except PaymentProviderUnavailable as error:
            _log.warning("a payment is open", payment=payment["id"], reason=str(error))
        except PaymentProviderRefused:
            _log.exception("the payment provider refuses our request", payment=payment["id"])
        else:
            await self._store(payment["id"], result, actor)
            return
        await self._postpone(payment["id"])

    async def finish_overdue(self) -> int:
        """Find out what became of each payment that is open for too long; give how many there were.

        Any number of processes may do it at once. Nobody is charged.
        """
        count = 0
        while True:
            async with self._database.begin() as transaction:
                payment = await payments.claim_overdue(transaction, self.patience_seconds)
            if payment is None:
                return count
            await self._find(payment)
            count += 1

    async def take(self, event: PaymentEvent) -> None:
        """Apply an event of the provider's, once."""
        now = self._clock()
        async with self._database.begin() as transaction:
            payment = None
            if event.payment_id is not None:
                payment = await payments.by_id(transaction, event.payment_id)
            if payment is not None and payment["provider_key"] != event.idempotency_key:
                payment = None
            is_new = await payments.take_event(
                transaction,
                event.id,
                payment_id=None if payment is None else payment["id"],
                occurred_at=event.occurred_at,
                now=now,
            )
            if is_new and payment is not None and event.result is not None:
                await outcomes.apply(
                    transaction,
                    payment["id"],
                    event.result,
                    actor=SYSTEM,
                    invalidate=self.invalidate,
                    now=now,
                )

    async def _find(self, payment: Record) -> None:
        try:
            result = await self._provider.find(_charge(payment))
        except PaymentProviderUnavailable as error:
            _log.warning("a payment stays open", payment=payment["id"], reason=str(error))
        except PaymentProviderRefused:
            _log.exception("the payment provider refuses our request", payment=payment["id"])
        else:
            await self._store(payment["id"], result, SYSTEM)
            return
        await self._postpone(payment["id"])

    async def _store(self, payment_id: int, result: ChargeResult, actor: Actor) -> None:
        if result.state is ChargeState.PENDING:
            await self._postpone(payment_id)
            return
        async with self._database.begin() as transaction:
            await outcomes.apply(
                transaction,
                payment_id,
                result,
                actor=actor,
                invalidate=self.invalidate,
                now=self._clock(),
            )

    async def _postpone(self, payment_id: int) -> None:
        async with self._database.read_primary() as connection:
            await payments.postpone(connection, payment_id)


def _charge(payment: Record) -> Charge:
    return Charge(
        payment_id=payment["id"],
        amount_cents=payment["amount_cents"],
        currency=payment["currency"],
        payment_method_token=payment["payment_method_token"] or "",
        idempotency_key=payment["provider_key"],
    )
