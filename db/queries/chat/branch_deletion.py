"""Statements that delete a part of a conversation's tree, while its row is locked."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.clauses.branch_places import (
    CONVERSATION,
    IS_CONVERSATION,
    OF_CONVERSATION,
    ONE,
    USER,
    ZERO,
    place_asked_for,
)
from db.queries.clauses.expressions import literal_text
from db.queries.clauses.paths import end_of, is_in_range, path_ranges, path_start
from db.queries.clauses.siblings import parent_of
from db.row import Row
from db.statement import Statement, repository_method
from db.states import MessageRole
from db.tables import ChatBranch, ChatConversation, ChatMessage, ReplyGeneration

_streamed_since = bindparam("streamed_since", type_=ChatMessage.created_at.type)
_IS_FORK = (*OF_CONVERSATION, ChatBranch.number > ZERO)


def _behind(place: CTE) -> CTE:
    """The numbers of the branches that begin behind a place."""
    forks = tuple_(ChatBranch.parent_at, ChatBranch.parent_id) >= tuple_(place.c.at, place.c.id)
    behind = (
        select(ChatBranch.number)
        .where(*_IS_FORK, ChatBranch.parent_branch == place.c.branch, forks)
        .cte("behind", recursive=True)
    )
    return behind.union_all(
        select(ChatBranch.number).where(*_IS_FORK, ChatBranch.parent_branch == behind.c.number)
    )


def _subtree(place: CTE, behind: CTE) -> CTE:
    """The message at a place and all that follow it."""
    columns = (ChatMessage.id, ChatMessage.role, ChatMessage.created_at)
    of_conversation = select(*columns).where(
        ChatMessage.user_id == USER, ChatMessage.conversation_id == CONVERSATION
    )
    return union_all(
        of_conversation.where(
            ChatMessage.branch == place.c.branch,
            tuple_(ChatMessage.created_at, ChatMessage.id) >= tuple_(place.c.at, place.c.id),
        ),
        of_conversation.where(ChatMessage.branch == behind.c.number),
    ).cte("subtree")


def _delete() -> Statement:
    place = place_asked_for()
    behind = _behind(place)
    subtree = _subtree(place, behind)
    # Any: an aliased table.
    message: Any = aliased(ChatMessage, name="message")
    parent = parent_of(message)
    unfinished = exists(
        select(ONE).where(
            ReplyGeneration.user_id == USER,
            ReplyGeneration.conversation_id == CONVERSATION,
            ReplyGeneration.reply_id.in_(select(subtree.c.id)),
        )
    )
    facts = (
        select(
            place.c.branch,
            parent.c.id.label("parent_id"),
            or_(parent.c.branch != message.branch, parent.c.id == ZERO).label("is_first"),
            unfinished.label("is_being_written"),
        )
        .select_from(place)
        .join(message, and_(message.user_id == USER, message.id == place.c.id))
        .join(parent, true())
        .cte("facts")
    )
    is_free = exists(select(ONE).select_from(facts).where(~facts.c.is_being_written))
    deleted = delete(ChatMessage).where(
        ChatMessage.user_id == USER, ChatMessage.id.in_(select(subtree.c.id)), is_free
    )
    is_gone = or_(
        ChatBranch.number.in_(select(behind.c.number)),
        ChatBranch.number.in_(select(facts.c.branch).where(facts.c.is_first)),
    )
    branches = delete(ChatBranch).where(*OF_CONVERSATION, is_gone, is_free)
    is_shown = or_(
        ChatConversation.shown_branch == facts.c.branch,
        ChatConversation.shown_branch.in_(select(behind.c.number)),
    )
    shown_order = select(func.max(ChatBranch.shown_order)).where(
        *OF_CONVERSATION,
        or_(ChatBranch.number == facts.c.branch, ChatBranch.number.in_(select(behind.c.number))),
    )
    has_stream = (subtree.c.role == literal_text(MessageRole.ASSISTANT)) & (
        subtree.c.created_at > _streamed_since
    )
    return Statement(
        "branches.delete",
        select(
            facts.c.parent_id,
            facts.c.is_being_written,
            is_shown.label("is_shown"),
            shown_order.correlate(facts).scalar_subquery().label("shown_order"),
            func.array(select(subtree.c.id).scalar_subquery()).label("ids"),
            func.array(select(subtree.c.id).where(has_stream).scalar_subquery()).label("streamed"),
        )
        .select_from(facts)
        .join(ChatConversation, and_(*IS_CONVERSATION))
        .add_cte(deleted.cte("deleted"), branches.cte("branches")),
    )


def _first_shown() -> Statement:
    shown: ColumnElement[int] = ChatConversation.shown_branch.expression
    start = path_start(USER, CONVERSATION, end_of(shown)).where(*IS_CONVERSATION)
    ranges = path_ranges(start, is_backward=False)
    return Statement(
        "branches.first_shown",
        select(ChatMessage.content)
        .select_from(ranges)
        .join(ChatMessage, and_(*is_in_range(ranges)))
        .where(ChatMessage.user_id == USER, ChatMessage.conversation_id == CONVERSATION)
        .order_by(ChatMessage.created_at, ChatMessage.id)
        .limit(ONE),
    )


_FIRST_SHOWN = _first_shown()
_DELETE = _delete()


@repository_method
async def first_shown(connection: Connection, user_id: int, conversation_id: int) -> str | None:
    """The content of the first message of the branch that is shown; None if there is no message."""
    rows = await connection.fetch(_FIRST_SHOWN, user_id=user_id, conversation_id=conversation_id)
    return None if not rows else str(rows[0]["content"])


@repository_method
async def delete_subtree(
    connection: Connection,
    user_id: int,
    conversation_id: int,
    message_id: int,
    *,
    streamed_since: datetime,
) -> Row | None:
    """Delete a message and all that follow it, unless one of them `is_being_written`.

    Returns that, the `ids`, those of replies `streamed` since then, and what `replace` needs, if
    there is a `shown_order`: the conversation forks. None if there is no such message.
    """
    rows = await connection.fetch(
        _DELETE,
        user_id=user_id,
        conversation_id=conversation_id,
        message_id=message_id,
        streamed_since=streamed_since,
    )
    return rows[0] if rows else None
