"""Statements about what models wrote and took, for an owner: a person, or a company."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    SmallInteger,
    bindparam,
    column,
    delete,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.expression import CTE
from sqlalchemy.sql.selectable import TableValuedAlias

from db.database import Connection
from db.queries.clauses.expressions import array_columns
from db.reply_key import ReplyKey
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import ModelDailyTotal, Table

SHARDS = 16
"""So many rows hold a day's total of a model, so that writers seldom wait for one another."""
_PART = (
    "part_number",
    "model",
    "start_offset",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cost_micros",
    "currency",
)
_KEY = ("usage_date", "model", "currency")
_COUNTS = (
    "calls",
    "unreported_calls",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cost_micros",
)
REPLY = bindparam("reply_id", type_=BigInteger)
TENANT = bindparam("tenant_id", type_=BigInteger)
_day = bindparam("day", type_=Date)


# Any: the columns of parts, and of a daily sum.
class ReplyUse(NamedTuple):
    """The parts of a reply, and what is to be added to the sums of a day."""

    parts: Sequence[dict[str, Any]]
    uses: Sequence[dict[str, Any]]
    day: date


class ModelUseStatements:
    """The statements on the tables of one kind of owner.

    `part_owner` and `day_owner` are the columns of the owner's id in the table of parts, and in
    that of daily sums.
    """

    def __init__(
        self,
        name: str,
        part_owner: InstrumentedAttribute[int],
        day_owner: InstrumentedAttribute[int],
    ) -> None:
        # Any: tables of different owners, with the columns of `PartColumns` and of `DailySum`.
        self._parts: Any = part_owner.class_
        self._days: Any = day_owner.class_
        self._part_owner, self._day_owner = part_owner, day_owner
        own, total = self._added_days(), _added_totals()
        self.recording = (self._stored_parts(), self._dropped_parts(), own, total)
        """Stores the parts of a reply and adds to the sums, within a statement of `recorded`."""
        nothing: ColumnElement[int] = literal_column("1")
        self._record = Statement(f"{name}.record", select(nothing).add_cte(*self.recording))
        self._record_use = Statement(f"{name}.record_use", select(nothing).add_cte(own, total))
        self._of_replies = Statement(f"{name}.parts_of_replies", self._parts_of_replies())
        self._by_day = Statement(f"{name}.use_by_day", self._use_by_day())
        self.statements = (
            self._record,
            self._record_use,
            self._of_replies,
            self._by_day,
        )

    def _stored_parts(self) -> CTE:
        table = self._parts
        given = _recordset("parts", table, _PART)
        new = insert(table).from_select(
            [self._part_owner.key, "reply_id", *_PART],
            select(TENANT, REPLY, *(given.c[one] for one in _PART)),
        )
        changed = {one: new.excluded[one] for one in _PART if one != "part_number"}
        key = [self._part_owner, table.reply_id, table.part_number]
        return new.on_conflict_do_update(index_elements=key, set_=changed).cte("stored")

    def _dropped_parts(self) -> CTE:
        """Parts whose text was lost with their process, and written anew by fewer models."""
        table = self._parts
        return (
            delete(table)
            .where(
                self._part_owner == TENANT,
                table.reply_id == REPLY,
                table.part_number > bindparam("most", type_=SmallInteger),
            )
            .cte("dropped")
        )

    def _added_days(self) -> CTE:
        return _added(self._days, "own", (self._day_owner.key, TENANT))

    # Any: rows of columns of all types.
    def _parts_of_replies(self) -> Any:
        table = self._parts
        keys = array_columns("parent", owner=BigInteger(), reply=BigInteger())
        return select(table.reply_id, *(getattr(table, one) for one in _PART)).join_from(
            keys, table, (self._part_owner == keys.c.owner) & (table.reply_id == keys.c.reply)
        )

    # Any: as above.
    def _use_by_day(self) -> Any:
        table = self._days
        spans = array_columns(
            "parent", number=Integer(), owner=BigInteger(), first_day=Date(), last_day=Date()
        )
        found = (
            select(*(getattr(table, one) for one in (*_KEY, *_COUNTS)))
            .where(
                self._day_owner == spans.c.owner,
                table.usage_date.between(spans.c.first_day, spans.c.last_day),
            )
            .correlate(spans)
            .lateral("found")
        )
        return select(spans.c.number, *found.c).select_from(spans.join(found, true()))

    @repository_method
    async def record(self, connection: Connection, reply: ReplyKey, use: ReplyUse) -> None:
        """Store the parts of a reply, and no others, and add its uses to the sums of the day."""
        await connection.fetch(self._record, **reply._asdict(), **recorded(reply, use))

    # Any: the columns of a daily sum.
    @repository_method
    async def record_use(
        self, connection: Connection, owner_id: int, uses: Sequence[dict[str, Any]], day: date
    ) -> None:
        """Add what was used to the sums of the day, the owner's and everybody's."""
        await connection.fetch(self._record_use, tenant_id=owner_id, **_use(uses, day, owner_id))

    @repository_method
    async def parts_of_replies(
        self, connection: Connection, replies: Sequence[ReplyKey]
    ) -> list[Row]:
        """The parts of replies, each given by its owner and its id, in no order."""
        return await connection.fetch(
            self._of_replies,
            owner=[owner for owner, _ in replies],
            reply=[reply for _, reply in replies],
        )

    @repository_method
    async def use_by_day(
        self, connection: Connection, spans: Sequence[tuple[int, date, date]]
    ) -> list[Row]:
        """What owners used from one day to another, by day and model.

        Each row begins with the `number` of its span, the first being 0; they are in no order.
        """
        return await connection.fetch(
            self._by_day,
            number=range(len(spans)),
            owner=[owner for owner, _, _ in spans],
            first_day=[first for _, first, _ in spans],
            last_day=[last for _, _, last in spans],
        )


def _recordset(parameter: str, table: type[Table], names: Sequence[str]) -> TableValuedAlias:
    """The JSON array bound to `parameter` as rows with these columns of the table."""
    columns = [column(one, table.__table__.c[one].type) for one in names]
    rows = func.jsonb_to_recordset(bindparam(parameter, type_=JSONB))
    return rows.table_valued(*columns, name=parameter).render_derived(parameter, with_types=True)


def _added_totals() -> CTE:
    return _added(ModelDailyTotal, "total", ("shard", bindparam("shard", type_=SmallInteger)))


# Any: a table with the columns of `DailySum`.
def _added(table: Any, name: str, of: tuple[str, ColumnElement[Any]]) -> CTE:
    """Adds the bound uses to the sums of a day, in the rows whose column `of` has this value."""
    given = _recordset("uses", table, ("model", "currency", *_COUNTS))
    new = insert(table).from_select(
        [of[0], *_KEY, *_COUNTS],
        select(of[1], _day, *(given.c[one] for one in (*_KEY[1:], *_COUNTS))),
    )
    return new.on_conflict_do_update(
        index_elements=[getattr(table, one) for one in (of[0], *_KEY)],
        set_={one: getattr(table, one) + new.excluded[one] for one in _COUNTS},
    ).cte(name)


# Any: values of the statement's parameters.
def recorded(reply: ReplyKey, use: ReplyUse) -> dict[str, Any]:
    """The values that `recording` binds, besides those of the key."""
    return {
        "parts": orjson.dumps(use.parts).decode(),
        "most": len(use.parts),
        **_use(use.uses, use.day, reply.reply_id),
    }


# Any: the columns of a daily sum, and values of the statement's parameters.
def _use(uses: Sequence[dict[str, Any]], day: date, chosen_by: int) -> dict[str, Any]:
    return {"uses": orjson.dumps(uses).decode(), "day": day, "shard": chosen_by % SHARDS}
