"""Asking the payment provider, between two transactions, and finishing what was interrupted."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog
from asyncpg import Record

from clients.payments.provider import (
    PaymentProvider,
    PaymentProviderRefused,
    PaymentProviderUnavailable,
)
from clients.payments.records import Charge, ChargeResult, ChargeState
from db.database import Database
from db.queries import payments
from services.audit import SYSTEM, Actor
from services.billing import outcomes
from services.billing.outcomes import Outcomes

Question: TypeAlias = Callable[[Charge], Awaitable[ChargeResult]]
_log = structlog.get_logger("guidance.billing")


class Charging:
    """Takes recorded payments to the provider, and what it answers to the records.

    `patience_seconds` is longer than the provider is ever asked for.
    """

    def __init__(
        self,
        database: Database,
        provider: PaymentProvider,
        outcomes_: Outcomes,
        *,
        patience_seconds: float,
    ) -> None:
        self.patience_seconds = patience_seconds
        self._database = database
        self._provider = provider
        self._outcomes = outcomes_

    async def charge(self, payment: Record, actor: Actor) -> None:
        """Take the money of a recorded payment; without an answer the worker finds out later."""
        await self._settle(payment, await self._answer(self._provider.charge, payment), actor)

    async def finish_overdue(self) -> int:
        """Find out what became of each payment that is open for too long; give how many there were.

        Any number of processes may do it at once. Nobody is charged.
        """
        count = 0
        while (payment := await self._claim_overdue()) is not None:
            await self._settle(payment, await self._answer(self._provider.find, payment), SYSTEM)
            count += 1
        return count

    async def _claim_overdue(self) -> Record | None:
        async with self._database.read_primary() as connection:
            return await payments.claim_overdue(connection, self.patience_seconds)

    async def _answer(self, ask: Question, payment: Record) -> ChargeResult | None:
        """What the provider says of a payment; None where that is not known yet."""
        try:
            result = await ask(_charge(payment))
        except PaymentProviderUnavailable as error:
            _log.warning("a payment is open", payment=payment["id"], reason=str(error))
        except PaymentProviderRefused:
            _log.exception("the payment provider refuses our request", payment=payment["id"])
        else:
            return None if result.state is ChargeState.PENDING else result
        return None

    async def _settle(self, payment: Record, result: ChargeResult | None, actor: Actor) -> None:
        if result is None:
            async with self._database.read_primary() as connection:
                await payments.postpone(connection, payment["id"])
            return
        async with self._database.begin() as transaction:
            locked = await outcomes.lock(transaction, payment["id"])
            if locked is not None:
                await self._outcomes.apply(transaction, locked, result, actor)


def _charge(payment: Record) -> Charge:
    return Charge(
        payment_id=payment["id"],
        amount_cents=payment["amount_cents"],
        currency=payment["currency"],
        # An erasure removes the token; nobody is charged after that, only found out about.
        payment_method_token=payment["payment_method_token"] or "",
        idempotency_key=payment["provider_key"],
    )
