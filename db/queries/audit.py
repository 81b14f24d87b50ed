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
from db.queries.clauses.idempotent_write import next_id
from db.statement import Statement, repository_method
from db.tables import AuditEvent, EnterpriseAuditEvent, GeneralAuditEvent, Table

_now = bindparam("now", type_=AuditEvent.occurred_at.type)
_event: dict[str, ColumnElement[Any]] = {
    "actor_kind": bindparam("actor_kind", type_=Text),
    "actor_id": bindparam("actor_id", type_=BigInteger),
    "action": bindparam("action", type_=Text),
    "request_id": bindparam("request_id", type_=Text),
    "details": bindparam("details", type_=JSONB),
}
_USER = {"user_id": bindparam("concerned_user", type_=BigInteger)}
_ACCOUNT = {"enterprise_account_id": bindparam("concerned_account", type_=BigInteger)}


def _record(table: type[Table], values: dict[str, ColumnElement[Any]]) -> Statement:
    event = insert(table).values(occurred_at=_now, subject=bindparam("subject"), **values)
    return Statement("audit.record", event)


_RECORD_OF_USER = _record(AuditEvent, _event | _USER)
_RECORD_OF_ACCOUNT = _record(EnterpriseAuditEvent, _event | _ACCOUNT)
_RECORD_OF_NOBODY = _record(GeneralAuditEvent, _event | {"id": next_id(AuditEvent)})


def recorded_event_of_user(done: CTE, subject: str, user: ColumnElement[int]) -> CTE:
    """Insert an event that concerns `user` for each row of `done`, with the subject `subject:id`.

    Bind `now` and the event's values.
    """
    return _recorded(AuditEvent, done, subject, _event | {"user_id": user})


def recorded_event_of_account(done: CTE, subject: str, account: ColumnElement[int]) -> CTE:
    """Like `recorded_event_of_user`, of a company."""
    values = _event | {"enterprise_account_id": account}
    return _recorded(EnterpriseAuditEvent, done, subject, values)


def _recorded(
    table: type[Table], done: CTE, subject: str, values: dict[str, ColumnElement[Any]]
) -> CTE:
    about = func.concat(literal_column(f"'{subject}:'"), done.c.id)
    event = select(_now, about, *values.values()).select_from(done)
    columns = ["occurred_at", "subject", *values]
    return insert(table).from_select(columns, event).cte("recorded")


# Any: values of every type.
@repository_method
async def record(
    connection: Connection, subject: str, *, now: datetime, event: Mapping[str, Any]
) -> None:
    """Append an event to the audit trail; its values are those bound in `_event`.

    It concerns the `concerned_user`, or the `concerned_account`, or nobody.
    """
    if event["concerned_user"] is not None:
        statement = _RECORD_OF_USER
    elif event["concerned_account"] is not None:
        statement = _RECORD_OF_ACCOUNT
    else:
        statement = _RECORD_OF_NOBODY
    await connection.fetch(statement, subject=subject, now=now, **event)
