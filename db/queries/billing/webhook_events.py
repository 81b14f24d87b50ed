"""Statements about the payment provider's webhook events."""

from datetime import datetime

from sqlalchemy import BigInteger, bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.statement import Statement, repository_method
from db.tables import BillingWebhookEvent

_TAKE_EVENT = Statement(
    "payments.take_event",
    insert(BillingWebhookEvent)
    .values(
        id=bindparam("event_id"),
        user_id=bindparam("of_user", type_=BigInteger),
        payment_attempt_id=bindparam("payment_id", type_=BigInteger),
        occurred_at=bindparam("occurred_at"),
        received_at=bindparam("now"),
    )
    .on_conflict_do_nothing()
    .returning(BillingWebhookEvent.id),
)
_FORGET_EVENTS = Statement(
    "payments.forget_events",
    delete(BillingWebhookEvent).where(BillingWebhookEvent.received_at < bindparam("before")),
)


@repository_method
async def take_event(
    connection: Connection,
    event_id: str,
    *,
    user_id: int | None,
    payment_id: int | None,
    occurred_at: datetime,
    now: datetime,
) -> bool:
    """Record a webhook event; False if it was recorded before."""
    return bool(
        await connection.fetch(
            _TAKE_EVENT,
            event_id=event_id,
            of_user=user_id,
            payment_id=payment_id,
            occurred_at=occurred_at,
            now=now,
        )
    )


@repository_method
async def forget_events(connection: Connection, before: datetime) -> None:
    """Delete the events that were received before an instant."""
    await connection.fetch(_FORGET_EVENTS, before=before)
