"""Statements about checks of payments: which process asks the provider about which, and when."""

from datetime import datetime

from sqlalchemy import bindparam, func, literal_column, select, true, update

from db.database import Connection
from db.queries.billing.payment_columns import (
    Columns,
    claim,
    overdue,
    payment_columns,
    postponement,
)
from db.queries.clauses.expressions import literal_text
from db.row import Row
from db.statement import Statement, repository_method
from db.states import PaymentStatus
from db.tables import BillingPaymentAttempt

_LIVE: Columns = BillingPaymentAttempt.__table__.c
_COLUMNS = payment_columns(_LIVE)
_IS_THIS = (
    BillingPaymentAttempt.user_id == bindparam("of_user"),
    BillingPaymentAttempt.id == bindparam("payment_id"),
)
_POSTPONE = Statement(
    "payments.postpone",
    update(BillingPaymentAttempt)
    .where(*_IS_THIS, BillingPaymentAttempt.status == PaymentStatus.PENDING)
    .values(postponement(_LIVE)),
)
_overdue = overdue(_LIVE, "user_id", "id")
_is_asked = BillingPaymentAttempt.asked_until >= func.clock_timestamp()
_expired = (
    select(BillingPaymentAttempt.user_id, BillingPaymentAttempt.id)
    .where(
        # A literal, as in the partial index: see `payment_columns.overdue`.
        BillingPaymentAttempt.status == literal_text(PaymentStatus.REQUIRES_ACTION),
        BillingPaymentAttempt.expires_at <= bindparam("now"),
        _is_asked.is_not(true()),
    )
    .order_by(BillingPaymentAttempt.expires_at)
    .limit(literal_column("1"))
    .with_for_update(skip_locked=True)
    .cte("expired")
)
_CLAIM_EXPIRED = Statement(
    "payments.claim_expired",
    update(BillingPaymentAttempt)
    .where(
        BillingPaymentAttempt.user_id == _expired.c.user_id,
        BillingPaymentAttempt.id == _expired.c.id,
    )
    .values(claim(_LIVE))
    .returning(*_COLUMNS),
)
_CLAIM_OVERDUE = Statement(
    "payments.claim_overdue",
    update(BillingPaymentAttempt)
    .where(
        BillingPaymentAttempt.user_id == _overdue.c.user_id,
        BillingPaymentAttempt.id == _overdue.c.id,
    )
    .values(claim(_LIVE))
    .returning(*_COLUMNS),
)


@repository_method
async def claim_expired(
    connection: Connection, patience_seconds: float, now: datetime
) -> Row | None:
    """Claim one payment that has waited for the person as long as it may."""
    rows = await connection.fetch(_CLAIM_EXPIRED, patience_seconds=patience_seconds, now=now)
    return rows[0] if rows else None


@repository_method
async def postpone(connection: Connection, user_id: int, payment_id: int) -> None:
    """Schedule the next check of a payment that is still pending, with exponential backoff."""
    await connection.fetch(_POSTPONE, of_user=user_id, payment_id=payment_id)


@repository_method
async def claim_overdue(connection: Connection, patience_seconds: float) -> Row | None:
    """Claim one pending payment whose check is due and that no other process is checking."""
    rows = await connection.fetch(_CLAIM_OVERDUE, patience_seconds=patience_seconds)
    return rows[0] if rows else None
