"""Statements about what was done by whom."""

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, Text, bindparam, insert
from sqlalchemy.dialects.postgresql import JSONB

from db.database import Connection
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


# Any: JSON.
async def record(
    connection: Connection,
    *,
    now: datetime,
    actor_kind: str,
    actor_id: int | None,
    request_id: str | None,
    action: str,
    subject: str,
    user_id: int | None,
    account_id: int | None,
    details: dict[str, Any],
) -> None:
    """Append an event."""
    await connection.fetch(
        _RECORD,
        now=now,
        actor_kind=actor_kind,
        actor_id=actor_id,
        request_id=request_id,
        action=action,
        subject=subject,
        user_id=user_id,
        account_id=account_id,
        details=orjson.dumps(details).decode(),
    )
