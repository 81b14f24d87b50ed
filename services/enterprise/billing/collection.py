"""Taking the money of companies' invoices with the method that they have stored."""

from datetime import timedelta

import structlog

from clients.payments.provider import (
    PaymentProvider,
    PaymentProviderRefused,
    PaymentProviderUnavailable,
)
from clients.payments.records import Charge, ChargeResult, ChargeState, Owner, OwnerKind
from db.database import Database
from db.queries.enterprise import company_payments
from db.row import Row
from db.states import InvoiceStatus, PaymentStatus
from services.clock import Clock
from services.enterprise.billing.rules import next_attempt_at
from services.invoicing.book import InvoiceBook

_AGAIN_AFTER = timedelta(minutes=5)
_KEY_REMEMBERED = timedelta(hours=23)
"""How long a charge may be repeated with its key; after that it is only looked up."""
_ENDED = {
    ChargeState.SUCCEEDED: PaymentStatus.SUCCEEDED,
    ChargeState.DECLINED: PaymentStatus.FAILED,
    ChargeState.NOT_MADE: PaymentStatus.FAILED,
}
_log = structlog.get_logger("guidance.billing")


class Collection:
    """Charges what is due, and tries again on the days of `RETRY_DAYS` before it gives up."""

    def __init__(
        self,
        database: Database,
        provider: PaymentProvider,
        invoices: InvoiceBook,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._provider = provider
        self._invoices = invoices
        self._clock = clock

    async def collect_due(self) -> int:
        """Charge each payment that is due, and return how many have ended."""
        ended = 0
        while (payment := await self._claim()) is not None:
            result = await self._ask(payment)
            status = None if result is None else _ENDED.get(result.state)
            if result is not None and status is not None:
                await self._end(payment, status, result)
                ended += 1
        return ended

    async def _claim(self) -> Row | None:
        now = self._clock()
        async with self._database.read_primary() as connection:
            return await company_payments.claim_payment(connection, now, now + _AGAIN_AFTER)

    async def _ask(self, payment: Row) -> ChargeResult | None:
        is_fresh = payment["asked_at"] > self._clock() - _KEY_REMEMBERED
        call = self._provider.charge if is_fresh else self._provider.find
        try:
            return await call(_charge(payment))
        except PaymentProviderUnavailable as error:
            _log.warning("a company's payment is open", payment=payment["id"], reason=str(error))
        except PaymentProviderRefused:
            _log.exception("the payment provider refuses our request", payment=payment["id"])
        return None

    async def _end(self, payment: Row, status: PaymentStatus, result: ChargeResult) -> None:
        """Store the end of an attempt, with what it makes of its invoice, in one transaction."""
        account_id, source = payment["enterprise_account_id"], payment["source"]
        async with self._database.begin() as transaction:
            if not await company_payments.end_payment(
                transaction,
                account_id,
                payment["id"],
                status=status,
                reference=result.reference,
                reason=result.decline_reason,
            ):
                return
            if status is PaymentStatus.SUCCEEDED:
                await self._invoices.settle(transaction, account_id, source, InvoiceStatus.PAID)
                return
            due_at = next_attempt_at(payment["issued_at"], payment["attempt"])
            if due_at is None:
                await self._invoices.settle(
                    transaction, account_id, source, InvoiceStatus.UNCOLLECTIBLE
                )
                return
            now = self._clock()
            await company_payments.add_payment(
                transaction,
                account_id,
                invoice_id=payment["invoice_id"],
                attempt=payment["attempt"] + 1,
                amount_cents=payment["amount_cents"],
                currency=payment["currency"],
                now=now,
                due_at=max(due_at, now),
            )


def _charge(payment: Row) -> Charge:
    account_id, id_ = payment["enterprise_account_id"], payment["id"]
    return Charge(
        payment_id=id_,
        amount_cents=payment["amount_cents"],
        currency=payment["currency"],
        payment_method_token=payment["payment_method"],
        idempotency_key=f"company:{account_id}:payment:{id_}",
        owner=Owner(OwnerKind.COMPANY, account_id),
        customer=payment["customer"],
        is_off_session=True,
    )
