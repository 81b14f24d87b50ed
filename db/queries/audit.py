"""Statements about the audit trail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from db.database import Connection
from db.statement import Statement, repository_method
from db.tables import AuditEvent

_now = bindparam("now", type_=AuditEvent.occurred_at.type)
_event: dict[str, ColumnElement[Any]] = {
    "actor_kind": bindparam("actor_kind", type_=Text),
    "actor_id": bindparam("actor_id", type_=BigInteger),
    "user_id": bindparam("concerned_user", type_=BigInteger),
    "enterprise_account_id": bindparam("concerned_account", type_=BigInteger),
    "action": bindparam("action", type_=Text),
    "request_id": bindparam("request_id", type_=Text),
    "details": bindparam("details", type_=JSONB),
}
_RECORD = Statement(
    "audit.record",
    insert(AuditEvent).values(occurred_at=_now, subject=bindparam("subject"), **_event),
)


def recorded_event(done: CTE, subject: str, *, account: ColumnElement[int] | None = None) -> CTE:
    """Insert an audit event for each row of `done`, with the subject `subject:id`.

    Bind `now` and the event's values. The company concerned is taken from the column `account`, if
    one is given.
    """
    values = _event if account is None else _event | {"enterprise_account_id": account}
    about = func.concat(literal_column(f"'{subject}:'"), done.c.id)
    event = select(_now, about, *values.values()).select_from(done)
    columns = ["occurred_at", "subject", *values]
    return insert(AuditEvent).from_select(columns, event).cte("recorded")


# Any: values of every type.
@repository_method
async def record(
    connection: Connection, subject: str, *, now: datetime, event: Mapping[str, Any]
) -> None:
    """Append an event to the audit trail; its values are those bound in `_event`."""
    await connection.fetch(_RECORD, subject=subject, now=now, **event)
