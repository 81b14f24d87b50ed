"""Statements that change the branches of a conversation, each while its row is locked."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Boolean,
    ColumnElement,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.chat.branch_choice import shown_last_after
from db.queries.chat.conversations import COLUMNS
from db.queries.clauses.branch_places import (
    BEFORE_ALL,
    CONVERSATION,
    IS_CONVERSATION,
    OF_CONVERSATION,
    ONE,
    USER,
    ZERO,
    place_asked_for,
    place_of,
)
from db.queries.clauses.idempotent_write import locked_person, result_for
from db.queries.clauses.siblings import next_of_branch, parent_of
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import ChatBranch, ChatConversation, ChatMessage, ReplyGeneration

BEGINNING = 0
"""Stands for the place before all messages where the id of a message is asked for."""
_message = bindparam("message_id", type_=BigInteger)
_created_at = bindparam("created_at", type_=ChatBranch.created_at.type)


def _newest() -> CTE:
    """The highest number, and the highest order, of the conversation's branches; 0 without any."""
    highest = (ChatBranch.number, ChatBranch.shown_order)
    return (
        select(*(func.coalesce(func.max(one), ZERO).label(one.key) for one in highest))
        .where(*OF_CONVERSATION)
        .cte("newest")
    )


def _follow() -> Statement:
    place, newest = place_asked_for(), _newest()
    is_followed = exists(next_of_branch(USER, CONVERSATION, place_of(place)).correlate(place))
    columns = [one.name for one in ChatBranch.__table__.columns]
    started = select(ChatConversation.created_at).where(*IS_CONVERSATION).scalar_subquery()
    first = (
        upsert(ChatBranch)
        .from_select(
            columns,
            select(
                *(USER, CONVERSATION, ZERO, ZERO, BEFORE_ALL, ZERO, started),
                newest.c.shown_order + ONE,
            )
            .select_from(place.join(newest, true()))
            .where(is_followed | ((newest.c.number > ZERO) & (place.c.branch == ZERO))),
        )
        .on_conflict_do_nothing()
        .cte("first")
    )
    fork = (
        insert(ChatBranch)
        .from_select(
            columns,
            select(
                *(USER, CONVERSATION, newest.c.number + ONE, *place.c, _created_at),
                newest.c.shown_order + ONE + ONE,
            )
            .select_from(place.join(newest, true()))
            .where(is_followed),
        )
        .returning(ChatBranch.number)
        .cte("fork")
    )
    continued = (
        update(ChatBranch)
        .values(shown_order=newest.c.shown_order + ONE)
        .where(*OF_CONVERSATION, ChatBranch.number == place.c.branch, ~is_followed)
        .cte("continued")
    )
    begun = select(fork.c.number).scalar_subquery()
    chosen = select(func.coalesce(begun, place.c.branch).label("branch")).cte("chosen")
    shown = (
        update(ChatConversation)
        .values(shown_branch=chosen.c.branch)
        .where(*IS_CONVERSATION, ChatConversation.shown_branch != chosen.c.branch)
        .cte("shown")
    )
    return Statement(
        "branches.follow",
        select(chosen.c.branch, _is_being_written(place).label("is_being_written"))
        .select_from(chosen.join(place, true()))
        .add_cte(first, continued, shown),
    )


def _is_being_written(place: CTE) -> ColumnElement[bool]:
    """Whether the message at a place, or a reply to it, is being written."""
    # Any: an aliased table.
    reply: Any = aliased(ChatMessage, name="reply")
    answered = parent_of(reply)
    return exists(
        select(ONE)
        .select_from(ReplyGeneration)
        .join(
            reply,
            and_(reply.user_id == ReplyGeneration.user_id, reply.id == ReplyGeneration.reply_id),
        )
        .join(answered, true())
        .where(
            ReplyGeneration.user_id == USER,
            ReplyGeneration.conversation_id == CONVERSATION,
            or_(reply.id == place.c.id, answered.c.id == place.c.id),
        )
        .correlate(place)
    )


def _chosen() -> CTE:
    """The branch that was shown last of those through the message."""
    place = place_asked_for()
    leaf = shown_last_after(USER, CONVERSATION, place_of(place), outer=(place,))
    return select(func.coalesce(leaf, place.c.branch).label("branch")).cte("chosen")


def _show() -> Statement:
    chosen, newest = _chosen(), _newest()
    ordered = (
        update(ChatBranch)
        .values(shown_order=newest.c.shown_order + ONE)
        .where(*OF_CONVERSATION, ChatBranch.number == chosen.c.branch)
        .cte("ordered")
    )
    shown = (
        update(ChatConversation)
        .values(shown_branch=chosen.c.branch)
        .where(*IS_CONVERSATION)
        .returning(*COLUMNS)
        .cte("shown")
    )
    return Statement("branches.show", select(*shown.c).add_cte(ordered))


def _replace() -> Statement:
    chosen = _chosen()
    order = bindparam("shown_order", type_=BigInteger)
    ordered = (
        update(ChatBranch)
        .values(shown_order=func.greatest(ChatBranch.shown_order, order))
        .where(*OF_CONVERSATION, ChatBranch.number == chosen.c.branch)
        .cte("ordered")
    )
    shown = (
        update(ChatConversation)
        .values(shown_branch=chosen.c.branch)
        .where(*IS_CONVERSATION, bindparam("is_shown", type_=Boolean))
        .cte("shown")
    )
    return Statement("branches.replace", select(chosen.c.branch).add_cte(ordered, shown))


def _lock() -> Statement:
    person = locked_person()
    locked = (
        select(ChatConversation.id)
        .join(
            person,
            and_(
                ChatConversation.user_id == person.c.id,
                ChatConversation.user_id == bindparam("user_id"),
            ),
        )
        .join(
            ChatMessage,
            and_(
                ChatMessage.user_id == ChatConversation.user_id,
                ChatMessage.conversation_id == ChatConversation.id,
            ),
        )
        .where(ChatMessage.user_id == USER, ChatMessage.id == _message)
        .with_for_update(of=ChatConversation)
        .cte("locked")
    )
    return Statement("branches.lock", result_for(person, locked))


_FOLLOW = _follow()
_SHOW = _show()
_REPLACE = _replace()
_LOCK = _lock()


@repository_method
async def lock(connection: Connection, user_id: int, message_id: int) -> Row | None:
    """Lock a person and the conversation of a message of theirs, of which the `id` is returned.

    A row of nulls if there is no such message, and None if there is no such person.
    """
    rows = await connection.fetch(_LOCK, user_id=user_id, message_id=message_id)
    return rows[0] if rows else None


@repository_method
async def follow(
    connection: Connection,
    *,
    user_id: int,
    conversation_id: int,
    parent_id: int,
    created_at: datetime,
) -> Row | None:
    """Show the branch in which a message is to follow `parent_id`, or be a first one where it is 0.

    Returns `(branch, is_being_written)`: its number, and whether the parent or a reply to it is
    being written. If the parent is not the last message of its branch, the branch is a new one,
    which begins with the message that the caller stores. None if there is no such parent.
    """
    rows = await connection.fetch(
        _FOLLOW,
        user_id=user_id,
        conversation_id=conversation_id,
        message_id=parent_id,
        created_at=created_at,
    )
    return rows[0] if rows else None


@repository_method
async def show(
    connection: Connection, user_id: int, conversation_id: int, message_id: int
) -> Row | None:
    """Show the branch that was shown last of those through a message, and return the conversation.

    None if there is no such message.
    """
    rows = await connection.fetch(
        _SHOW, user_id=user_id, conversation_id=conversation_id, message_id=message_id
    )
    return rows[0] if rows else None


@repository_method
async def replace(
    connection: Connection,
    user_id: int,
    conversation_id: int,
    parent_id: int,
    *,
    shown_order: int,
    is_shown: bool,
) -> None:
    """Let the branch shown last through `parent_id` take the place of what was deleted behind it.

    It is then what every fork before it remembers as shown last, and what is shown, if the deleted
    branch was.
    """
    await connection.fetch(
        _REPLACE,
        user_id=user_id,
        conversation_id=conversation_id,
        message_id=parent_id,
        shown_order=shown_order,
        is_shown=is_shown,
    )
