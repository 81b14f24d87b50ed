"""Statements about what people think of replies, and the sums of it by day and model.

Each model that wrote some of a reply is counted. A rating that is given anew, or taken back, leaves
the sum of its day; one that is deleted with its message stays there, as the reply was what it was.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    SmallInteger,
    Text,
    any_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal_column,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.queries.chat.messages import COLUMNS
from db.queries.clauses.expressions import array_columns, json_instant, literal_text
from db.queries.clauses.idempotent_write import locked_person, result_for
from db.queries.clauses.model_use import SHARDS
from db.row import Row
from db.statement import Statement, repository_method
from db.states import FeedbackRating
from db.tables import ChatMessage, GenerationPart, MessageFeedback, ModelDailyFeedback

_ONE: ColumnElement[int] = literal_column("1")
_ZERO: ColumnElement[int] = literal_column("0")
_user = bindparam("user_id", type_=BigInteger)
_message = bindparam("message_id", type_=BigInteger)
_rating = bindparam("rating", type_=Text)
_comment = bindparam("comment", type_=Text)
_now = bindparam("now", type_=DateTime(timezone=True))
_IS_GIVEN = (MessageFeedback.user_id == _user, MessageFeedback.message_id == _message)
_total = ModelDailyFeedback
_OF_MESSAGES = Statement(
    "feedback.of_messages",
    select(
        MessageFeedback.message_id,
        MessageFeedback.rating,
        MessageFeedback.comment,
        json_instant(MessageFeedback.created_at),
    ).where(
        MessageFeedback.user_id == bindparam("user_id"),
        MessageFeedback.message_id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
    ),
)


def _lock() -> Statement:
    person = locked_person()
    locked = (
        select(*COLUMNS)
        .join(person, ChatMessage.user_id == person.c.id)
        .where(ChatMessage.user_id == _user, ChatMessage.id == _message)
        .with_for_update(of=ChatMessage, key_share=True)
        .cte("locked")
    )
    return Statement("feedback.lock", result_for(person, locked))


def _give() -> Statement:
    earlier = (
        select(MessageFeedback.rating, MessageFeedback.created_at).where(*_IS_GIVEN).cte("earlier")
    )
    is_same = (
        MessageFeedback.rating == _rating,
        MessageFeedback.comment.is_not_distinct_from(_comment),
    )
    same = select(MessageFeedback.message_id).where(*_IS_GIVEN, *is_same).cte("same")
    is_new = ~exists(select(_ONE).select_from(same))
    new = insert(MessageFeedback).from_select(
        ["user_id", "message_id", "rating", "comment", "created_at"],
        select(_user, _message, _rating, _comment, _now).where(_rating.is_not(None), is_new),
    )
    given = new.on_conflict_do_update(
        index_elements=[MessageFeedback.user_id, MessageFeedback.message_id],
        set_={one: getattr(new.excluded, one) for one in ("rating", "comment", "created_at")},
    )
    gone = delete(MessageFeedback).where(*_IS_GIVEN, _rating.is_(None))
    return Statement(
        "feedback.give",
        select(_ONE).add_cte(given.cte("given"), gone.cte("gone"), _counted(earlier, is_new)),
    )


def _counted(earlier: CTE, is_new: ColumnElement[bool]) -> CTE:
    """Takes the earlier rating out of the sums, and adds the new one."""
    changes = union_all(
        select(*_day_and_counts(earlier.c.created_at, earlier.c.rating, -1)).where(is_new),
        select(*_day_and_counts(_now, _rating, 1)).where(_rating.is_not(None), is_new),
    ).cte("changes")
    writers = _writers()
    sums = [func.sum(changes.c[one]) for one in ("up", "down")]
    new = insert(_total).from_select(
        ["day", "model", "shard", "up", "down"],
        select(changes.c.day, writers.c.model, bindparam("shard", type_=SmallInteger), *sums)
        .select_from(changes.join(writers, true()))
        .group_by(changes.c.day, writers.c.model)
        .having((sums[0] != _ZERO) | (sums[1] != _ZERO))
        # In one order, so that no two wait for each other.
        .order_by(changes.c.day, writers.c.model),
    )
    return new.on_conflict_do_update(
        index_elements=[_total.day, _total.model, _total.shard],
        set_={"up": _total.up + new.excluded.up, "down": _total.down + new.excluded.down},
    ).cte("counted")


# Any: columns of different types.
def _day_and_counts(
    at: ColumnElement[datetime], rating: ColumnElement[str], sign: int
) -> tuple[ColumnElement[Any], ...]:
    counts = (
        (cast(rating == literal_text(one), Integer) * literal_column(f"{sign}")).label(one.value)
        for one in FeedbackRating
    )
    return (cast(func.timezone(literal_text("UTC"), at), Date).label("day"), *counts)


def _writers() -> CTE:
    """The models that wrote some of the reply; of one from before parts were stored, its model."""
    following = func.lead(GenerationPart.start_offset).over(order_by=GenerationPart.part_number)
    parts = (
        select(GenerationPart.model, GenerationPart.start_offset, following.label("following"))
        .where(GenerationPart.user_id == _user, GenerationPart.reply_id == _message)
        .cte("parts")
    )
    wrote = select(parts.c.model).where(
        parts.c.following.is_(None) | (parts.c.following > parts.c.start_offset)
    )
    whole = select(ChatMessage.model).where(
        ChatMessage.user_id == _user,
        ChatMessage.id == _message,
        ChatMessage.model.is_not(None),
        ~exists(select(_ONE).select_from(parts)),
    )
    return union(wrote, whole).cte("writers")


def _by_day() -> Statement:
    spans = array_columns("parent", number=Integer(), first_day=Date(), last_day=Date())
    up, down = (cast(func.sum(one), BigInteger) for one in (_total.up, _total.down))
    found = (
        select(_total.day, _total.model, up.label("up"), down.label("down"))
        .where(_total.day.between(spans.c.first_day, spans.c.last_day))
        .group_by(_total.day, _total.model)
        .having((up > _ZERO) | (down > _ZERO))
        .correlate(spans)
        .lateral("found")
    )
    rows = select(spans.c.number, *found.c).select_from(spans.join(found, true()))
    return Statement("feedback.by_day", rows)


_LOCK = _lock()
_GIVE = _give()
_BY_DAY = _by_day()


@repository_method
async def lock(connection: Connection, user_id: int, message_id: int) -> Row | None:
    """Lock a person and a message of theirs, and return it; a row of nulls if there is none such.

    None if there is no such person.
    """
    rows = await connection.fetch(_LOCK, user_id=user_id, message_id=message_id)
    return rows[0] if rows else None


@repository_method
async def give(
    connection: Connection,
    user_id: int,
    message_id: int,
    *,
    rating: str | None,
    comment: str | None,
    now: datetime,
) -> None:
    """Let this be what the person thinks of a locked reply; without a rating, nothing.

    What is as it was is left so, with its time.
    """
    await connection.fetch(
        _GIVE,
        user_id=user_id,
        message_id=message_id,
        rating=rating,
        comment=comment,
        now=now,
        shard=message_id % SHARDS,
    )


@repository_method
async def of_messages(connection: Connection, ids: Sequence[int], user_id: int) -> list[Row]:
    """`(message_id, rating, comment, created_at)` of those messages that the user has rated."""
    return await connection.fetch(_OF_MESSAGES, ids=ids, user_id=user_id)


@repository_method
async def by_day(connection: Connection, spans: Sequence[tuple[date, date]]) -> list[Row]:
    """`(number, day, model, up, down)` of the days with a rating, from one day to another.

    `number` is that of the span, the first being 0; they are in no order.
    """
    return await connection.fetch(
        _BY_DAY,
        number=range(len(spans)),
        first_day=[first for first, _ in spans],
        last_day=[last for _, last in spans],
    )
