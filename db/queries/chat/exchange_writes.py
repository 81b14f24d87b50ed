"""Statements that record an exchange: a message, its reply, and the unit of quota that it costs."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Insert,
    Integer,
    Text,
    Uuid,
    bindparam,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from db.database import Connection
from db.queries.chat.conversations import EXCHANGE_OPENED
from db.queries.clauses.expressions import literal_text
from db.queries.clauses.idempotent_write import stored_result
from db.queries.clauses.reply_leases import LEASE_END
from db.row import Row
from db.statement import Statement, repository_method
from db.states import MessageRole, MessageStatus, QuotaEntryKind
from db.tables import (
    ChatConversationTag,
    ChatMessage,
    DailyQuotaUsage,
    QuotaLedgerEntry,
    ReplyGeneration,
)

_user = bindparam("user_id", type_=BigInteger)
_conversation = bindparam("conversation_id", type_=BigInteger)
_day = bindparam("day", type_=DailyQuotaUsage.usage_date.type)
_limit = bindparam("limit", type_=Integer)
_created_at = bindparam("created_at", type_=ChatMessage.created_at.type)
_branch = bindparam("branch", type_=Integer)
_MESSAGE_BEFORE_REPLY: ColumnElement[timedelta] = literal_column("interval '1 microsecond'")
_ADD_MESSAGE = Statement(
    "messages.add",
    insert(ChatMessage)
    .values(
        user_id=_user,
        conversation_id=_conversation,
        branch=_branch,
        role=literal_text(MessageRole.USER),
        content=bindparam("content"),
        created_at=_created_at - _MESSAGE_BEFORE_REPLY,
    )
    .returning(ChatMessage.id),
)


def _open() -> Statement:
    opened = EXCHANGE_OPENED.cte("opened")
    message = (
        insert(ChatMessage)
        .from_select(
            ["user_id", "conversation_id", "branch", "role", "content", "created_at"],
            select(
                bindparam("of_user", type_=BigInteger),
                opened.c.id,
                opened.c.shown_branch,
                literal_text(MessageRole.USER),
                bindparam("content", type_=Text),
                opened.c.updated_at - _MESSAGE_BEFORE_REPLY,
            ),
        )
        .returning(ChatMessage.id)
        .cte("message")
    )
    return Statement(
        "messages.open_exchange",
        select(message.c.id, opened.c.title, opened.c.updated_at, opened.c.shown_branch),
    )


def _begin_reply() -> Statement:
    """Reserve a unit, insert the reply, its ledger entry and lease, and store the key's result.

    Each step needs a row of the one before, so nothing happens if no unit is left.
    """
    one = select(_user, _day, literal_column("1")).where(_limit > literal_column("0"))
    used = (
        upsert(DailyQuotaUsage)
        .from_select(["user_id", "usage_date", "used"], one)
        .on_conflict_do_update(
            index_elements=[DailyQuotaUsage.user_id, DailyQuotaUsage.usage_date],
            set_={"used": DailyQuotaUsage.used + literal_column("1")},
            where=DailyQuotaUsage.used < _limit,
        )
        .returning(DailyQuotaUsage.used)
        .cte("used")
    )
    new = select(
        _user,
        _conversation,
        _branch,
        literal_text(MessageRole.ASSISTANT),
        literal_text(MessageStatus.STREAMING),
        literal_column("''"),
        _created_at,
        bindparam("model", type_=Text),
        literal_column("0"),
    ).select_from(used)
    columns = [
        *("user_id", "conversation_id", "branch", "role", "status"),
        *("content", "created_at", "model", "attempts"),
    ]
    reply = insert(ChatMessage).from_select(columns, new).returning(ChatMessage.id).cte("reply")
    return Statement(
        "generations.begin",
        select(reply.c.id).add_cte(
            _entry(reply).cte("entry"), _lease(reply).cte("lease"), _exchange(reply), _moved_tags()
        ),
    )


def _moved_tags() -> CTE:
    """Give the conversation's tags its `updated_at`: whoever set some has committed before."""
    return (
        update(ChatConversationTag)
        .where(
            ChatConversationTag.user_id == _user,
            ChatConversationTag.conversation_id == _conversation,
        )
        .values(updated_at=_created_at)
        .cte("moved_tags")
    )


def _entry(reply: CTE) -> Insert:
    return insert(QuotaLedgerEntry).from_select(
        ["user_id", "usage_date", "kind", "units", "reply_id", "occurred_at"],
        select(
            _user,
            _day,
            literal_text(QuotaEntryKind.RESERVE),
            literal_column("1"),
            reply.c.id,
            bindparam("now", type_=QuotaLedgerEntry.occurred_at.type),
        ),
    )


def _lease(reply: CTE) -> Insert:
    return insert(ReplyGeneration).from_select(
        [
            *("reply_id", "conversation_id", "user_id", "usage_date"),
            *("owner", "lease_expires_at", "models"),
        ],
        select(
            *(reply.c.id, _conversation, _user, _day),
            *(bindparam("owner", type_=Uuid), LEASE_END),
            bindparam("models", type_=ARRAY(Text)),
        ),
    )


def _exchange(reply: CTE) -> CTE:
    answered = bindparam("answered_id", type_=BigInteger)
    return stored_result(
        _user, conversation_id=_conversation, message_id=answered, reply_id=reply.c.id
    )


_OPEN = _open()
_BEGIN_REPLY = _begin_reply()


@repository_method
async def open_exchange(
    connection: Connection, conversation_id: int, user_id: int, *, content: str, now: datetime
) -> Row | None:
    """Insert a user's message at the end of what is shown of a conversation, which stays locked.

    Returns its `id`, and of the conversation `title`, `shown_branch`, and `updated_at`, a
    microsecond after the message. None if the conversation is not the user's.
    """
    rows = await connection.fetch(
        _OPEN, conversation_id=conversation_id, of_user=user_id, content=content, now=now
    )
    return rows[0] if rows else None


@repository_method
async def add_message(
    connection: Connection,
    *,
    user_id: int,
    conversation_id: int,
    branch: int,
    content: str,
    created_at: datetime,
) -> int:
    """Insert a user's message in a branch, a microsecond before its reply, and return its id."""
    rows = await connection.fetch(
        _ADD_MESSAGE,
        user_id=user_id,
        conversation_id=conversation_id,
        branch=branch,
        content=content,
        created_at=created_at,
    )
    return int(rows[0]["id"])


@repository_method
async def begin_reply(
    connection: Connection,
    *,
    user_id: int,
    conversation_id: int,
    branch: int,
    answered_id: int,
    claim_id: int,
    created_at: datetime,
    model: str,
    models: Sequence[str] | None,
    day: date,
    limit: int,
    owner: UUID,
    lease_seconds: float,
    now: datetime,
) -> int | None:
    """Insert the reply to a message and reserve a unit, while fewer than `limit` are used that day.

    `owner` gets a lease on it, to have it written by one of `models`, and the claimed key stores
    the exchange as its result. None, and no change, if no unit is left.
    """
    rows = await connection.fetch(
        _BEGIN_REPLY,
        user_id=user_id,
        conversation_id=conversation_id,
        branch=branch,
        answered_id=answered_id,
        claim_id=claim_id,
        created_at=created_at,
        model=model,
        models=models,
        day=day,
        limit=limit,
        owner=owner,
        lease_seconds=lease_seconds,
        now=now,
    )
    return int(rows[0]["id"]) if rows else None
