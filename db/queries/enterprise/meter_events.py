"""Statements about the events of metered overage, and what the provider's meter was sent."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    any_,
    bindparam,
    cast,
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
from db.states import MeterEventStatus
from db.tables import EnterpriseBillingTerms, EnterpriseGeneration, EnterpriseMeterEvent

_EVENT = EnterpriseMeterEvent
_INSTANT = DateTime(timezone=True)
_is_account = _EVENT.enterprise_account_id == bindparam("account_id", type_=BigInteger)
_is_untaken = _EVENT.status != literal_text(MeterEventStatus.TAKEN)
_RECORD = Statement(
    "meter_events.record",
    insert(_EVENT)
    .from_select(
        ["enterprise_account_id", "generation_id", "usage_date", "occurred_at", "send_after"],
        select(
            EnterpriseGeneration.enterprise_account_id,
            EnterpriseGeneration.id,
            EnterpriseGeneration.usage_date,
            EnterpriseGeneration.created_at,
            EnterpriseGeneration.created_at,
        )
        .join(
            EnterpriseBillingTerms,
            EnterpriseBillingTerms.enterprise_account_id
            == EnterpriseGeneration.enterprise_account_id,
        )
        .where(
            EnterpriseGeneration.enterprise_account_id == bindparam("account_id"),
            EnterpriseGeneration.id == bindparam("generation_id"),
            EnterpriseGeneration.usage_date >= EnterpriseBillingTerms.starts_on,
        ),
    )
    .on_conflict_do_nothing(),
)
_now = bindparam("now", type_=_INSTANT)
_due = (
    select(_EVENT.enterprise_account_id, _EVENT.generation_id)
    .where(
        _is_untaken,
        _EVENT.send_after <= _now,
        or_(
            _EVENT.first_sent_at.is_(None),
            _EVENT.first_sent_at > bindparam("sent_after", type_=_INSTANT),
        ),
    )
    .order_by(_EVENT.send_after)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = Statement(
    "meter_events.claim",
    update(_EVENT)
    .where(
        _EVENT.enterprise_account_id == _due.c.enterprise_account_id,
        _EVENT.generation_id == _due.c.generation_id,
        EnterpriseBillingTerms.enterprise_account_id == _EVENT.enterprise_account_id,
    )
    .values(
        status=MeterEventStatus.SENT,
        first_sent_at=func.coalesce(_EVENT.first_sent_at, _now),
        send_after=bindparam("again_at", type_=_INSTANT),
    )
    .returning(
        _EVENT.enterprise_account_id,
        _EVENT.generation_id,
        _EVENT.occurred_at,
        EnterpriseBillingTerms.customer,
    ),
)
_TAKE = Statement(
    "meter_events.take",
    update(_EVENT)
    .where(
        _is_account,
        _EVENT.generation_id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        _is_untaken,
    )
    .values(status=MeterEventStatus.TAKEN, taken_at=_now),
)
_day = func.date_trunc(literal_text("day"), _EVENT.occurred_at, literal_text("UTC"))
_UNKNOWN_DAYS = Statement(
    "meter_events.unknown_days",
    select(
        _EVENT.enterprise_account_id,
        EnterpriseBillingTerms.customer,
        _day.label("day"),
    )
    .join(
        EnterpriseBillingTerms,
        EnterpriseBillingTerms.enterprise_account_id == _EVENT.enterprise_account_id,
    )
    .where(
        _is_untaken,
        _EVENT.first_sent_at <= bindparam("sent_until", type_=_INSTANT),
    )
    .distinct(),
)
_OF_DAY = Statement(
    "meter_events.of_day",
    select(_EVENT.generation_id, _EVENT.status, _EVENT.first_sent_at, _EVENT.taken_at)
    .where(
        _is_account,
        _EVENT.occurred_at >= bindparam("start", type_=_INSTANT),
        _EVENT.occurred_at < bindparam("end", type_=_INSTANT),
    )
    .order_by(_EVENT.generation_id)
    .with_for_update(),
)
_SEND_ANEW = Statement(
    "meter_events.send_anew",
    update(_EVENT)
    .where(_is_account, _EVENT.generation_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .values(status=MeterEventStatus.PENDING, first_sent_at=null(), send_after=_now),
)
_COUNTS = Statement(
    "meter_events.counts_by_month",
    select(
        func.date_trunc(literal_text("month"), cast(_EVENT.usage_date, DateTime)).label("month"),
        func.count().label("events"),
        func.count().filter(_EVENT.status == MeterEventStatus.TAKEN).label("taken"),
        func.count(_EVENT.invoice_id).label("invoiced"),
    )
    .where(_is_account)
    .group_by(literal_column("1"))
    .order_by(literal_column("1")),
)


@repository_method
async def record(connection: Connection, account_id: int, generation_id: int) -> None:
    """Record the event of a reply over the contract, if the company has terms for it."""
    await connection.fetch(_RECORD, account_id=account_id, generation_id=generation_id)


@repository_method
async def claim(
    connection: Connection,
    *,
    now: datetime,
    sent_after: datetime,
    again_at: datetime,
    most: int,
) -> list[Row]:
    """Claim events to be sent until `again_at`: new ones, and those first sent since then."""
    return await connection.fetch(
        _CLAIM, now=now, sent_after=sent_after, again_at=again_at, most=most
    )


@repository_method
async def take(
    connection: Connection, account_id: int, generation_ids: Sequence[int], now: datetime
) -> None:
    """Store that the provider has counted events of a company."""
    await connection.fetch(_TAKE, account_id=account_id, ids=generation_ids, now=now)


@repository_method
async def unknown_days(connection: Connection, sent_until: datetime) -> list[Row]:
    """The companies and days with events first sent until then that were never answered."""
    return await connection.fetch(_UNKNOWN_DAYS, sent_until=sent_until)


@repository_method
async def of_day(
    connection: Connection, account_id: int, start: datetime, end: datetime
) -> list[Row]:
    """The events of a company that occurred in a time, locked."""
    return await connection.fetch(_OF_DAY, account_id=account_id, start=start, end=end)


@repository_method
async def send_anew(
    connection: Connection, account_id: int, generation_ids: Sequence[int], now: datetime
) -> None:
    """Let events be sent that the provider has proven not to have counted."""
    await connection.fetch(_SEND_ANEW, account_id=account_id, ids=generation_ids, now=now)


@repository_method
async def counts_by_month(connection: Connection, account_id: int) -> list[Row]:
    """`(month, events, taken, invoiced)` of a company, by month of use."""
    return await connection.fetch(_COUNTS, account_id=account_id)
