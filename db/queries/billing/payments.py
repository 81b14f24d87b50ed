"""Statements about attempts to take a payment."""

from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, func, literal_column, null, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.billing.payment_columns import (
    Columns,
    asked_until,
    payment_columns,
    settlement_values,
)
from db.queries.clauses.expressions import literal_text
from db.row import Row
from db.statement import Statement, repository_method
from db.states import PaymentKind, PaymentStatus
from db.tables import BillingPaymentAttempt, PaymentProviderKey

_LIVE: Columns = BillingPaymentAttempt.__table__.c
_COLUMNS = payment_columns(_LIVE)
_IS_THIS = (
    BillingPaymentAttempt.user_id == bindparam("of_user"),
    BillingPaymentAttempt.id == bindparam("payment_id"),
)
# Any: the values are of the columns' types.
_given: dict[str, Any] = {
    name: bindparam(name, type_=BillingPaymentAttempt.__table__.c[name].type)
    for name in (
        "user_id",
        "kind",
        "subscription_id",
        "plan_code",
        "amount_cents",
        "currency",
        "idempotency_key",
        "payment_method_token",
        "customer",
        "period_start",
        "period_end",
        "expires_at",
        "refund_of_id",
        "plan_price_cents",
    )
}
_INSERT = Statement(
    "payments.insert",
    insert(BillingPaymentAttempt)
    .values(
        status=PaymentStatus.PENDING,
        provider_key=func.gen_random_uuid().cast(Text),
        created_at=bindparam("now"),
        updated_at=bindparam("now"),
        asked_until=asked_until,
        **_given,
    )
    .on_conflict_do_nothing(
        index_elements=[BillingPaymentAttempt.user_id, BillingPaymentAttempt.idempotency_key]
    )
    .returning(*_COLUMNS),
)
_BY_ID = Statement("payments.by_id", select(*_COLUMNS).where(*_IS_THIS))
_OF_KEY = Statement(
    "payments.of_key",
    select(PaymentProviderKey.user_id, PaymentProviderKey.payment_id).where(
        PaymentProviderKey.provider_key == bindparam("provider_key")
    ),
)
_LOCK = Statement("payments.lock", select(*_COLUMNS).where(*_IS_THIS).with_for_update())


_SETTLE = Statement(
    "payments.settle",
    update(BillingPaymentAttempt)
    .where(*_IS_THIS)
    .values(payment_method_token=null(), client_secret=null(), **settlement_values(_LIVE)),
)
_AWAIT_ACTION = Statement(
    "payments.await_action",
    update(BillingPaymentAttempt)
    .where(*_IS_THIS)
    .values(
        status=PaymentStatus.REQUIRES_ACTION,
        provider_reference=bindparam("reference", type_=Text),
        client_secret=bindparam("new_client_secret", type_=Text),
        asked_until=null(),
        updated_at=bindparam("now"),
    ),
)
_SET_CUSTOMER = Statement(
    "payments.set_customer",
    update(BillingPaymentAttempt).where(*_IS_THIS).values(customer=bindparam("new_customer")),
)
_OPEN_OF_SUBSCRIPTION = Statement(
    "payments.open_of_subscription",
    select(*_COLUMNS)
    .where(
        BillingPaymentAttempt.user_id == bindparam("user_id"),
        BillingPaymentAttempt.subscription_id == bindparam("subscription_id"),
        BillingPaymentAttempt.kind != literal_text(PaymentKind.REFUND),
        BillingPaymentAttempt.status.in_(
            [literal_text(PaymentStatus.PENDING), literal_text(PaymentStatus.REQUIRES_ACTION)]
        ),
    )
    .order_by(BillingPaymentAttempt.id.desc())
    .limit(literal_column("1")),
)
_OPEN_OF_USER = Statement(
    "payments.open_of_user",
    select(*_COLUMNS)
    .where(
        BillingPaymentAttempt.user_id == bindparam("user_id"),
        BillingPaymentAttempt.status.in_(
            [literal_text(PaymentStatus.PENDING), literal_text(PaymentStatus.REQUIRES_ACTION)]
        ),
    )
    .order_by(BillingPaymentAttempt.id),
)
_COUNT_OF_PERIOD = Statement(
    "payments.count_of_period",
    select(func.count()).where(
        BillingPaymentAttempt.user_id == bindparam("user_id"),
        BillingPaymentAttempt.subscription_id == bindparam("subscription_id"),
        BillingPaymentAttempt.kind == literal_text(PaymentKind.RENEWAL),
        BillingPaymentAttempt.period_start == bindparam("period_start"),
    ),
)
_refund = aliased(BillingPaymentAttempt)
_REFUNDED = Statement(
    "payments.refunded_cents",
    select(func.coalesce(func.sum(_refund.amount_cents), literal_column("0"))).where(
        _refund.user_id == bindparam("of_user"),
        _refund.refund_of_id == bindparam("payment_id"),
        _refund.status != literal_text(PaymentStatus.FAILED),
    ),
)


@repository_method
async def insert_payment(
    connection: Connection,
    *,
    user_id: int,
    patience_seconds: float,
    now: datetime,
    **payment: Any,  # Any: by column, as the columns are typed
) -> Row | None:
    """Insert a pending payment, which the provider may be asked for during `patience_seconds`.

    None if the person has a payment with this key already.
    """
    rows = await connection.fetch(
        _INSERT, user_id=user_id, patience_seconds=patience_seconds, now=now, **payment
    )
    return rows[0] if rows else None


@repository_method
async def by_id(connection: Connection, user_id: int, payment_id: int) -> Row | None:
    """A person's payment."""
    rows = await connection.fetch(_BY_ID, of_user=user_id, payment_id=payment_id)
    return rows[0] if rows else None


@repository_method
async def of_key(connection: Connection, provider_key: str) -> Row | None:
    """`(user_id, payment_id)` of the payment that the provider knows by a key; None if archived."""
    rows = await connection.fetch(_OF_KEY, provider_key=provider_key)
    return rows[0] if rows else None


@repository_method
async def lock(connection: Connection, user_id: int, payment_id: int) -> Row | None:
    """Lock a person's payment until the transaction ends, and return it; None if archived."""
    rows = await connection.fetch(_LOCK, of_user=user_id, payment_id=payment_id)
    return rows[0] if rows else None


@repository_method
async def settle(
    connection: Connection,
    user_id: int,
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
        of_user=user_id,
        payment_id=payment_id,
        new_status=status,
        reference=reference,
        new_failure_reason=failure_reason,
        now=now,
    )


@repository_method
async def await_action(
    connection: Connection,
    user_id: int,
    payment_id: int,
    *,
    reference: str | None,
    client_secret: str | None,
    now: datetime,
) -> None:
    """Store that a payment waits for the person, and the secret with which they go on."""
    await connection.fetch(
        _AWAIT_ACTION,
        of_user=user_id,
        payment_id=payment_id,
        reference=reference,
        new_client_secret=client_secret,
        now=now,
    )


@repository_method
async def set_customer(
    connection: Connection, user_id: int, payment_id: int, customer: str
) -> None:
    """Store the customer that a payment is charged to."""
    await connection.fetch(
        _SET_CUSTOMER, of_user=user_id, payment_id=payment_id, new_customer=customer
    )


@repository_method
async def open_of_subscription(
    connection: Connection, user_id: int, subscription_id: int
) -> Row | None:
    """The newest payment of a subscription that may still succeed."""
    rows = await connection.fetch(
        _OPEN_OF_SUBSCRIPTION, user_id=user_id, subscription_id=subscription_id
    )
    return rows[0] if rows else None


@repository_method
async def open_of_user(connection: Connection, user_id: int) -> list[Row]:
    """All payments and refunds of a person that have not ended, the oldest first."""
    return await connection.fetch(_OPEN_OF_USER, user_id=user_id)


@repository_method
async def count_of_period(
    connection: Connection, user_id: int, subscription_id: int, period_start: datetime
) -> int:
    """How often the renewal of a period was charged, or tried to be."""
    rows = await connection.fetch(
        _COUNT_OF_PERIOD,
        user_id=user_id,
        subscription_id=subscription_id,
        period_start=period_start,
    )
    return int(rows[0][0])


@repository_method
async def refunded_cents(connection: Connection, user_id: int, payment_id: int) -> int:
    """How much of a payment was given back, or is being given back."""
    rows = await connection.fetch(_REFUNDED, of_user=user_id, payment_id=payment_id)
    return int(rows[0][0])
