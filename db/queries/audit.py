"""Statements about the audit trail."""

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import CTE, BigInteger, Text, bindparam, func, insert, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB

from db.database import Connection
from db.method import repository_method
from db.statement import Statement
from db.tables import AuditEvent

_RECORD = Statement(
    "audit.record",
    insert(AuditEvent).values(
        occurred_at=bindparam("now"),
        actor_kind=bindparam("actor_kind"),
        actor_id=bindparam("actor_id", type_=BigInteger),
        user_id=bindparam("user_id", type_=BigInteger),
        enterprise_account_id=bindparam("account_id", type_=BigInteger),
        action=bindparam("action"),
        subject=bindparam("subject"),
        request_id=bindparam("request_id", type_=Text),
        details=bindparam("details", type_=JSONB),
    ),
)


def recorded_by_person(done: CTE, subject: str) -> CTE:
    """An event for each row that was `done`: the person's `action` on the `subject` of its `id`.

    Bound besides: `user_id`, `now`, and the `request_id`.
    """
    person = bindparam("user_id", type_=BigInteger)
    return (
        insert(AuditEvent)
        .from_select(
            ["occurred_at", "actor_kind", "actor_id", "user_id", "action", "subject", "request_id"],
            select(
                bindparam("now", type_=AuditEvent.occurred_at.type),
                literal_column("'user'"),
                person,
                person,
                bindparam("action", type_=Text),
                func.concat(literal_column(f"'{subject}:'"), done.c.id),
                bindparam("request_id", type_=Text),
            ),
        )
        .cte("recorded")
    )


@repository_method
async def record(
    connection: Connection,
    *,
    now: datetime,
    actor_kind: str,
    actor_id: int | None,
    request_id: str | None,
    user_id: int | None,
    account_id: int | None,
    action: str,
    subject: str,
    details: dict[str, Any],  # Any: JSON
) -> None:
    """Append an event to the trail."""
    await connection.fetch(
        _RECORD,
        now=now,
        actor_kind=actor_kind,
        actor_id=actor_id,
        request_id=request_id,
        user_id=user_id,
        account_id=account_id,
        action=action,
        subject=subject,
        details=orjson.dumps(details).decode(),
    )
