"""Statements about payments of companies' invoices."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    Text,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.clauses.expressions import literal_text
from db.row import Row
from db.statement import Statement, repository_method
from db.states import InvoiceStatus, PaymentStatus
from db.tables import EnterpriseBillingTerms, EnterpriseInvoice, EnterprisePayment

_TERMS, _PAYMENT = EnterpriseBillingTerms, EnterprisePayment
_INSTANT = DateTime(timezone=True)
_account_id = bindparam("account_id", type_=BigInteger)
_ADD_PAYMENT = Statement(
    "company_payments.add_payment",
    insert(_PAYMENT).values(
        enterprise_account_id=_account_id,
        invoice_id=bindparam("invoice_id"),
        attempt=bindparam("attempt"),
        amount_cents=bindparam("amount_cents"),
        currency=bindparam("currency"),
        created_at=bindparam("now"),
        next_check_at=bindparam("due_at"),
    ),
)
_due = (
    select(_PAYMENT.enterprise_account_id, _PAYMENT.id)
    .where(
        _PAYMENT.status == literal_text(PaymentStatus.PENDING),
        _PAYMENT.next_check_at <= bindparam("now", type_=_INSTANT),
    )
    .order_by(_PAYMENT.next_check_at)
    .limit(literal_column("1"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM_PAYMENT = Statement(
    "company_payments.claim_payment",
    update(_PAYMENT)
    .where(
        _PAYMENT.enterprise_account_id == _due.c.enterprise_account_id,
        _PAYMENT.id == _due.c.id,
        _TERMS.enterprise_account_id == _PAYMENT.enterprise_account_id,
        EnterpriseInvoice.enterprise_account_id == _PAYMENT.enterprise_account_id,
        EnterpriseInvoice.id == _PAYMENT.invoice_id,
    )
    .values(
        asked_at=func.coalesce(_PAYMENT.asked_at, bindparam("now", type_=_INSTANT)),
        customer=func.coalesce(_PAYMENT.customer, _TERMS.customer),
        payment_method=func.coalesce(_PAYMENT.payment_method, _TERMS.payment_method),
        next_check_at=bindparam("again_at", type_=_INSTANT),
    )
    .returning(
        _PAYMENT.enterprise_account_id,
        _PAYMENT.id,
        _PAYMENT.invoice_id,
        _PAYMENT.attempt,
        _PAYMENT.amount_cents,
        _PAYMENT.currency,
        _PAYMENT.asked_at,
        _PAYMENT.customer,
        _PAYMENT.payment_method,
        EnterpriseInvoice.source,
        EnterpriseInvoice.issued_at,
    ),
)
_END_PAYMENT = Statement(
    "company_payments.end_payment",
    update(_PAYMENT)
    .where(
        _PAYMENT.enterprise_account_id == _account_id,
        _PAYMENT.id == bindparam("payment_id"),
        _PAYMENT.status == literal_text(PaymentStatus.PENDING),
    )
    .values(
        status=bindparam("new_status"),
        provider_reference=bindparam("reference", type_=Text),
        failure_reason=bindparam("reason", type_=Text),
    )
    .returning(_PAYMENT.id),
)
_CHARGE_PENDING = Statement(
    "company_payments.charge_pending",
    update(_PAYMENT)
    .where(
        _PAYMENT.enterprise_account_id == _account_id,
        _PAYMENT.status == literal_text(PaymentStatus.PENDING),
        _PAYMENT.asked_at.is_(None),
    )
    .values(next_check_at=bindparam("now", type_=_INSTANT)),
)
_attempts = aliased(_PAYMENT)
_CHARGE_UNCOLLECTIBLE = Statement(
    "company_payments.charge_uncollectible",
    insert(_PAYMENT).from_select(
        [
            *("enterprise_account_id", "invoice_id", "amount_cents", "currency"),
            *("attempt", "created_at", "next_check_at"),
        ],
        select(
            EnterpriseInvoice.enterprise_account_id,
            EnterpriseInvoice.id,
            EnterpriseInvoice.total_cents,
            EnterpriseInvoice.currency,
            func.max(_attempts.attempt) + 1,
            *(bindparam("now", type_=_INSTANT) for _ in range(2)),
        )
        .join(
            _attempts,
            and_(
                _attempts.enterprise_account_id == EnterpriseInvoice.enterprise_account_id,
                _attempts.invoice_id == EnterpriseInvoice.id,
            ),
        )
        .where(
            EnterpriseInvoice.enterprise_account_id == _account_id,
            EnterpriseInvoice.status == literal_text(InvoiceStatus.UNCOLLECTIBLE),
        )
        .group_by(
            EnterpriseInvoice.enterprise_account_id,
            EnterpriseInvoice.id,
            EnterpriseInvoice.total_cents,
            EnterpriseInvoice.currency,
        )
        .having(func.bool_and(_attempts.status != literal_text(PaymentStatus.PENDING))),
    ),
)


@repository_method
async def add_payment(
    connection: Connection,
    account_id: int,
    *,
    invoice_id: int,
    attempt: int,
    amount_cents: int,
    currency: str,
    now: datetime,
    due_at: datetime,
) -> None:
    """Add an attempt to take the money of an invoice, which is due at an instant."""
    await connection.fetch(
        _ADD_PAYMENT,
        account_id=account_id,
        invoice_id=invoice_id,
        attempt=attempt,
        amount_cents=amount_cents,
        currency=currency,
        now=now,
        due_at=due_at,
    )


@repository_method
async def claim_payment(connection: Connection, now: datetime, again_at: datetime) -> Row | None:
    """Claim a payment that is due, until `again_at`."""
    rows = await connection.fetch(_CLAIM_PAYMENT, now=now, again_at=again_at)
    return rows[0] if rows else None


@repository_method
async def end_payment(
    connection: Connection,
    account_id: int,
    payment_id: int,
    *,
    status: PaymentStatus,
    reference: str | None,
    reason: str | None,
) -> bool:
    """Store what became of a payment; False if it has ended already, however it did."""
    return bool(
        await connection.fetch(
            _END_PAYMENT,
            account_id=account_id,
            payment_id=payment_id,
            new_status=status,
            reference=reference,
            reason=reason,
        )
    )


@repository_method
async def charge_pending(connection: Connection, account_id: int, now: datetime) -> None:
    """Let what waits for its next attempt be charged now, unless it was begun."""
    await connection.fetch(_CHARGE_PENDING, account_id=account_id, now=now)


@repository_method
async def charge_uncollectible(connection: Connection, account_id: int, now: datetime) -> None:
    """Add an attempt, due now, for each invoice of a company that was given up."""
    await connection.fetch(_CHARGE_UNCOLLECTIBLE, account_id=account_id, now=now)
