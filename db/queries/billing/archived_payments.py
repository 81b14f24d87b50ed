"""Statements about the payments of people who were erased: what was pending is still settled."""

from datetime import datetime

from sqlalchemy import BigInteger, Text, bindparam, func, insert, literal_column, select, update

from db.database import Connection
from db.queries.billing.payment_columns import (
    claim,
    overdue,
    payment_columns,
    postponement,
    settlement_values,
)
from db.queries.clauses.expressions import literal_text
from db.row import Row
from db.statement import Statement, repository_method
from db.states import PaymentKind, PaymentStatus
from db.tables import ARCHIVED_PAYMENTS

_columns = ARCHIVED_PAYMENTS.c
_SHOWN = payment_columns(_columns)
_IS_THIS = _columns.id == bindparam("payment_id")
_OF_KEY = Statement(
    "archived_payments.of_key",
    select(_columns.id).where(_columns.provider_key == bindparam("provider_key")),
)
_BY_ID = Statement("archived_payments.by_id", select(*_SHOWN).where(_IS_THIS))
# It has no person to be numbered with, and a number of the same series.
_next_id = literal_column("nextval('billing_payment_attempts_id_seq')", BigInteger)
_ADD_REFUND = Statement(
    "archived_payments.add_refund",
    insert(ARCHIVED_PAYMENTS).from_select(
        [
            *("id", "subscription_id", "plan_code", "amount_cents", "currency", "refund_of_id"),
            *("kind", "status", "provider_key", "checks"),
            *("created_at", "updated_at", "next_check_at"),
        ],
        select(
            _next_id,
            *(
                _columns[one]
                for one in ("subscription_id", "plan_code", "amount_cents", "currency")
            ),
            _columns.id,
            literal_text(PaymentKind.REFUND),
            literal_text(PaymentStatus.PENDING),
            func.gen_random_uuid().cast(Text),
            literal_column("0"),
            *(bindparam("now", type_=_columns.created_at.type) for _ in range(2)),
            func.clock_timestamp(),
        ).where(_IS_THIS),
    ),
)
_LOCK = Statement("archived_payments.lock", select(*_SHOWN).where(_IS_THIS).with_for_update())
_SETTLE = Statement(
    "archived_payments.settle",
    update(ARCHIVED_PAYMENTS).where(_IS_THIS).values(settlement_values(_columns)),
)
_POSTPONE = Statement(
    "archived_payments.postpone",
    update(ARCHIVED_PAYMENTS)
    .where(_IS_THIS, _columns.status == PaymentStatus.PENDING)
    .values(postponement(_columns)),
)
_overdue = overdue(_columns, "id")
_CLAIM_OVERDUE = Statement(
    "archived_payments.claim_overdue",
    update(ARCHIVED_PAYMENTS)
    .where(_columns.id == _overdue.c.id)
    .values(claim(_columns))
    .returning(*_SHOWN),
)


@repository_method
async def of_key(connection: Connection, provider_key: str) -> int | None:
    """The id of the payment that the provider knows by this key."""
    rows = await connection.fetch(_OF_KEY, provider_key=provider_key)
    return rows[0]["id"] if rows else None


@repository_method
async def by_id(connection: Connection, payment_id: int) -> Row | None:
    """A payment of a person who was erased."""
    rows = await connection.fetch(_BY_ID, payment_id=payment_id)
    return rows[0] if rows else None


@repository_method
async def add_refund(connection: Connection, payment_id: int, now: datetime) -> None:
    """Record that all of a payment is to be given back; its check is due at once."""
    await connection.fetch(_ADD_REFUND, payment_id=payment_id, now=now)


@repository_method
async def lock(connection: Connection, payment_id: int) -> Row | None:
    """Lock a payment until the transaction ends, and return it."""
    rows = await connection.fetch(_LOCK, payment_id=payment_id)
    return rows[0] if rows else None


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
    """Store a payment's outcome."""
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
