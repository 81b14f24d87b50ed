"""Statements about attempts to take a payment.

How long a process may ask the provider about one is measured by the database's clock.
"""

from datetime import datetime

from sqlalchemy import (
    Double,
    Integer,
    Interval,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.queries.clauses.expressions import literal_text
from db.row import Row
from db.statement import Statement, repository_method
from db.states import PaymentStatus
from db.tables import BillingPaymentAttempt

_SECOND = literal_column("interval '1 second'", Interval)
_LONGEST_WAIT = literal_column("interval '1 hour'", Interval)
_DOUBLINGS = literal_column("12", Integer)
"""The largest exponent of the backoff; it exceeds `_LONGEST_WAIT`, and keeps numbers in range."""
_COLUMNS = (
    BillingPaymentAttempt.id,
    BillingPaymentAttempt.user_id,
    BillingPaymentAttempt.subscription_id,
    BillingPaymentAttempt.plan_code,
    BillingPaymentAttempt.status,
    BillingPaymentAttempt.amount_cents,
    BillingPaymentAttempt.currency,
    BillingPaymentAttempt.provider_key,
    BillingPaymentAttempt.payment_method_token,
    BillingPaymentAttempt.failure_reason,
    BillingPaymentAttempt.created_at,
    # Only the first request to the provider makes the payment; later ones check on it.
    and_(
        BillingPaymentAttempt.checks == literal_column("0"),
        BillingPaymentAttempt.asked_until > func.clock_timestamp(),
    ).label("is_being_made"),
)
_asked_until = func.clock_timestamp() + bindparam("patience_seconds", type_=Double) * _SECOND
_INSERT = Statement(
    "payments.insert",
    insert(BillingPaymentAttempt)
    .values(
        user_id=bindparam("user_id"),
        subscription_id=bindparam("subscription_id"),
        plan_code=bindparam("plan_code"),
        status=PaymentStatus.PENDING,
        amount_cents=bindparam("amount_cents"),
        currency=bindparam("currency"),
        idempotency_key=bindparam("idempotency_key"),
        payment_method_token=bindparam("payment_method_token"),
        provider_key=func.gen_random_uuid().cast(Text),
        created_at=bindparam("now"),
        updated_at=bindparam("now"),
        asked_until=_asked_until,
    )
    .on_conflict_do_nothing(
        index_elements=[BillingPaymentAttempt.user_id, BillingPaymentAttempt.idempotency_key]
    )
    .returning(*_COLUMNS),
)
_BY_ID = Statement(
    "payments.by_id",
    select(*_COLUMNS).where(BillingPaymentAttempt.id == bindparam("payment_id")),
)
_LOCK = Statement(
    "payments.lock",
    select(*_COLUMNS).where(BillingPaymentAttempt.id == bindparam("payment_id")).with_for_update(),
)
_SETTLE = Statement(
    "payments.settle",
    update(BillingPaymentAttempt)
    .where(BillingPaymentAttempt.id == bindparam("payment_id"))
    .values(
        status=bindparam("new_status"),
        provider_reference=func.coalesce(
            bindparam("reference", type_=Text), BillingPaymentAttempt.provider_reference
        ),
        failure_reason=bindparam("new_failure_reason", type_=Text),
        payment_method_token=null(),
        asked_until=null(),
        updated_at=bindparam("now"),
    ),
)
_POSTPONE = Statement(
    "payments.postpone",
    update(BillingPaymentAttempt)
    .where(
        BillingPaymentAttempt.id == bindparam("payment_id"),
        BillingPaymentAttempt.status == PaymentStatus.PENDING,
    )
    .values(
        asked_until=null(),
        next_check_at=func.clock_timestamp()
        + func.least(
            _LONGEST_WAIT,
            func.power(2, func.least(BillingPaymentAttempt.checks, _DOUBLINGS)) * _SECOND,
        ),
    ),
)
_overdue = (
    select(BillingPaymentAttempt.id)
    .where(
        # A literal, as in the partial index: a generic plan could not use it with a parameter.
        BillingPaymentAttempt.status == literal_text(PaymentStatus.PENDING),
        BillingPaymentAttempt.next_check_at <= func.clock_timestamp(),
        or_(
            BillingPaymentAttempt.asked_until.is_(None),
            BillingPaymentAttempt.asked_until < func.clock_timestamp(),
        ),
    )
    .order_by(BillingPaymentAttempt.next_check_at)
    .limit(literal_column("1"))
    .with_for_update(skip_locked=True)
)
_CLAIM_OVERDUE = Statement(
    "payments.claim_overdue",
    update(BillingPaymentAttempt)
    .where(BillingPaymentAttempt.id == any_(func.array(_overdue.scalar_subquery())))
    .values(checks=BillingPaymentAttempt.checks + 1, asked_until=_asked_until)
    .returning(*_COLUMNS),
)


@repository_method
async def insert_payment(
    connection: Connection,
    *,
    user_id: int,
    subscription_id: int,
    plan_code: str,
    amount_cents: int,
    currency: str,
    idempotency_key: str,
    payment_method_token: str,
    patience_seconds: float,
    now: datetime,
) -> Row | None:
    """Insert a pending payment, which the provider may be asked for during `patience_seconds`.

    None if the person has a payment with this key already.
    """
    rows = await connection.fetch(
        _INSERT,
        user_id=user_id,
        subscription_id=subscription_id,
        plan_code=plan_code,
        amount_cents=amount_cents,
        currency=currency,
        idempotency_key=idempotency_key,
        payment_method_token=payment_method_token,
        patience_seconds=patience_seconds,
        now=now,
    )
    return rows[0] if rows else None


@repository_method
async def by_id(connection: Connection, payment_id: int) -> list[Row]:
    """The payment of this id, if there is one."""
    return await connection.fetch(_BY_ID, payment_id=payment_id)


@repository_method
async def lock(connection: Connection, payment_id: int) -> Row:
    """Lock an existing payment until the transaction ends, and return it."""
    (payment,) = await connection.fetch(_LOCK, payment_id=payment_id)
    return payment


@repository_method
async def settle(
    connection: Connection,
    payment_id: int,
    *,
    status: str,
    reference: str | None,
    failure_reason: str | None,
    now: datetime,
) -> None:
    """Store a payment's outcome, and delete the token of its payment method."""
    await connection.fetch(
        _SETTLE,
        payment_id=payment_id,
        new_status=status,
        reference=reference,
        new_failure_reason=failure_reason,
        now=now,
    )


@repository_method
async def postpone(connection: Connection, payment_id: int) -> None:
    """Schedule the next check of a payment that is still pending, with exponential backoff."""
    await connection.fetch(_POSTPONE, payment_id=payment_id)


@repository_method
async def claim_overdue(connection: Connection, patience_seconds: float) -> Row | None:
    """Claim one pending payment whose check is due and that no other process is checking."""
    rows = await connection.fetch(_CLAIM_OVERDUE, patience_seconds=patience_seconds)
    return rows[0] if rows else None
