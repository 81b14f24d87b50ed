"""Carrying recorded payments out at the provider, between two transactions."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

import structlog

from clients.payments.provider import (
    CustomerAccounts,
    PaymentMethodRefused,
    PaymentProvider,
    PaymentProviderRefused,
    PaymentProviderUnavailable,
    Refunds,
)
from clients.payments.records import (
    Charge,
    ChargeResult,
    ChargeState,
    Owner,
    OwnerKind,
    Refund,
)
from db.database import Database
from db.queries.billing import archived_payments, payment_checks, payments
from db.states import PaymentKind
from services.billing.customers import Customers
from services.billing.records import Payment
from services.billing.rows import payment_from
from services.billing.rules.payments import (
    NO_PAYMENT_METHOD,
    REFUND_FAILED,
    result_of_refund,
)
from services.billing.settlement import PaymentSettlement, lock_payment
from services.callers.people import PersonUnknown
from services.clock import Clock
from services.mutations.audit import SYSTEM, Actor
from services.throttling.concurrency import slot_released

ProviderCall: TypeAlias = Callable[[Payment], Awaitable[ChargeResult]]
_log = structlog.get_logger("guidance.billing")
_TAKEN = ChargeResult(ChargeState.SUCCEEDED, None)
_NOT_MADE = ChargeResult(ChargeState.NOT_MADE, None)
_REFUND_FAILED = ChargeResult(ChargeState.DECLINED, None, REFUND_FAILED)
_NO_METHOD = ChargeResult(ChargeState.DECLINED, None, NO_PAYMENT_METHOD)


class ChargingProvider(PaymentProvider, CustomerAccounts, Refunds, Protocol):
    """What is asked of a provider to carry payments out."""


class PaymentProcessor:
    """Sends recorded payments to the provider, and stores what it answers.

    `overdue_seconds` is longer than a call to the provider can take.
    """

    def __init__(
        self,
        database: Database,
        provider: ChargingProvider,
        settlement: PaymentSettlement,
        *,
        customers: Customers,
        overdue_seconds: float,
        clock: Clock,
    ) -> None:
        self.overdue_seconds = overdue_seconds
        self._database = database
        self._provider = provider
        self._settlement = settlement
        self._customers = customers
        self._clock = clock

    async def charge(self, payment: Payment, actor: Actor, *, is_off_session: bool = False) -> None:
        """Charge a recorded payment; if there is no answer, the worker finds out later."""
        call = self._make_off_session if is_off_session else self._make
        await self._settle(payment, await self._answer(call, payment), actor)

    async def give_up(self, payment: Payment, actor: Actor) -> None:
        """End an open payment, unless it has succeeded by now."""
        await self._settle(payment, await self._answer(self._cancel, payment), actor)

    async def finish_overdue(self) -> int:
        """Look up the result of each payment that is overdue, and return how many there were.

        Refunds are made. Several processes may do this at once. Nobody is charged.
        """
        count = 0
        while (payment := await self._claim_overdue()) is not None:
            await self._settle(payment, await self._answer(self._find, payment), SYSTEM)
            count += 1
        return count

    async def give_up_expired(self) -> int:
        """End the payments that have waited for the person long enough; returns their number."""
        count = 0
        while (payment := await self._claim_expired()) is not None:
            await self.give_up(payment, SYSTEM)
            count += 1
        return count

    async def _claim_overdue(self) -> Payment | None:
        async with self._database.read_primary() as connection:
            row = await payment_checks.claim_overdue(connection, self.overdue_seconds)
            if row is None:
                row = await archived_payments.claim_overdue(connection, self.overdue_seconds)
        return None if row is None else payment_from(row)

    async def _claim_expired(self) -> Payment | None:
        async with self._database.read_primary() as connection:
            row = await payment_checks.claim_expired(
                connection, self.overdue_seconds, self._clock()
            )
        return None if row is None else payment_from(row)

    async def _make(self, payment: Payment) -> ChargeResult:
        return await self._take(payment, is_off_session=False)

    async def _make_off_session(self, payment: Payment) -> ChargeResult:
        return await self._take(payment, is_off_session=True)

    async def _take(self, payment: Payment, *, is_off_session: bool) -> ChargeResult:
        """Take the money; where there is none to take, store the method that is given."""
        if payment.kind is PaymentKind.REFUND:
            return await self._find(payment)
        token = payment.payment_method_token
        if token is None:
            return _NO_METHOD if payment.amount_cents else _TAKEN
        customer = payment.customer or await self._customers.open(payment)
        if payment.amount_cents:
            charge = _charge(payment, customer, is_off_session=is_off_session)
            return await self._provider.charge(charge)
        try:
            method = await self._provider.store_method(customer, token)
        except PaymentMethodRefused as refused:
            return ChargeResult(ChargeState.DECLINED, None, refused.reason)
        return ChargeResult(ChargeState.SUCCEEDED, None, payment_method=method)

    async def _find(self, payment: Payment) -> ChargeResult:
        if payment.kind is PaymentKind.REFUND:
            return await self._refund(payment)
        if payment.amount_cents == 0:
            return _NOT_MADE if payment.payment_method_token else _TAKEN
        return await self._provider.find(_charge(payment, payment.customer))

    async def _refund(self, payment: Payment) -> ChargeResult:
        """Give back what a recorded refund says, or find that it was given back before."""
        charged_id = payment.refund_of_id or 0
        async with self._database.read_primary() as connection:
            if payment.user_id is None:
                charged = await archived_payments.by_id(connection, charged_id)
            else:
                charged = await payments.by_id(connection, payment.user_id, charged_id)
        reference = None if charged is None else charged["provider_reference"]
        if reference is None:
            return _REFUND_FAILED
        refund = Refund(reference, payment.amount_cents, payment.provider_key)
        return result_of_refund(await self._provider.refund(refund))

    async def _cancel(self, payment: Payment) -> ChargeResult:
        if payment.amount_cents == 0 or payment.kind is PaymentKind.REFUND:
            return await self._find(payment)
        return await self._provider.cancel(_charge(payment, payment.customer))

    async def _answer(self, call: ProviderCall, payment: Payment) -> ChargeResult | None:
        """What the provider says about a payment; None while that is not known."""
        try:
            async with slot_released():
                result = await call(payment)
        except PaymentProviderUnavailable as error:
            _log.warning("a payment is open", payment=payment.id, reason=str(error))
        except PaymentProviderRefused:
            _log.exception("the payment provider refuses our request", payment=payment.id)
        except PersonUnknown:
            return _NOT_MADE
        else:
            return None if result.state is ChargeState.PENDING else result
        return None

    async def _settle(self, payment: Payment, result: ChargeResult | None, actor: Actor) -> None:
        if result is None:
            async with self._database.read_primary() as connection:
                if payment.user_id is None:
                    await archived_payments.postpone(connection, payment.id)
                else:
                    await payment_checks.postpone(connection, payment.user_id, payment.id)
            return
        async with self._database.begin() as transaction:
            locked = await lock_payment(transaction, payment.user_id, payment.id)
            if locked is not None:
                await self._settlement.apply(transaction, locked, result, actor)


def _charge(payment: Payment, customer: str | None, *, is_off_session: bool = False) -> Charge:
    """The charge of a payment: the same each time, as its key is.

    A payment of an earlier version has neither a customer nor an owner at the provider.
    """
    user_id = None if customer is None else payment.user_id
    return Charge(
        payment_id=payment.id,
        amount_cents=payment.amount_cents,
        currency=payment.currency,
        # An erasure deletes the token; after that the payment is only looked up, never charged.
        payment_method_token=payment.payment_method_token or "",
        idempotency_key=payment.provider_key,
        owner=None if user_id is None else Owner(OwnerKind.PERSON, user_id),
        customer=customer,
        is_off_session=is_off_session,
        allows_action=payment.expires_at is not None,
    )
