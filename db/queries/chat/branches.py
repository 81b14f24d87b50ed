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
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.chat.branch_choice import shown_last_after
from db.queries.chat.conversations import COLUMNS
from db.queries.clauses.expressions import literal_text
from db.queries.clauses.idempotent_write import locked_person, result_for
from db.queries.clauses.paths import Place, end_of, is_in_range, path_ranges, path_start
from db.queries.clauses.siblings import next_of_branch, parent_of
from db.row import Row
from db.statement import Statement, repository_method
from db.states import MessageRole
from db.tables import ChatBranch, ChatConversation, ChatMessage, ReplyGeneration

BEGINNING = 0
"""Stands for the place before all messages where the id of a message is asked for."""
_user = bindparam("user_id", type_=BigInteger)
_conversation = bindparam("conversation_id", type_=BigInteger)
_message = bindparam("message_id", type_=BigInteger)
_ZERO: ColumnElement[int] = literal_column("0")
_ONE: ColumnElement[int] = literal_column("1")
_BEFORE_ALL: ColumnElement[Any] = literal_column("'-infinity'::timestamptz")
_created_at = bindparam("created_at", type_=ChatBranch.created_at.type)
_streamed_since = bindparam("streamed_since", type_=ChatMessage.created_at.type)
_IS_CONVERSATION = (ChatConversation.user_id == _user, ChatConversation.id == _conversation)
_OF_CONVERSATION = (ChatBranch.user_id == _user, ChatBranch.conversation_id == _conversation)
_IS_FORK = (*_OF_CONVERSATION, ChatBranch.number > _ZERO)


def _place() -> CTE:
    """The place of the message `message_id`, or the one before all messages where that is 0."""
    at = ChatMessage.created_at.label("at")
    message = select(ChatMessage.branch, at, ChatMessage.id).where(
        ChatMessage.user_id == _user,
        ChatMessage.id == _message,
        ChatMessage.conversation_id == _conversation,
    )
    beginning = select(_ZERO, _BEFORE_ALL, _ZERO).where(_message == _ZERO)
    return union_all(message, beginning).cte("place")


def _place_of(place: CTE) -> Place:
    return Place(place.c.branch, place.c.at, place.c.id)


def _newest() -> CTE:
    """The highest number, and the highest order, of the conversation's branches; 0 without any."""
    highest = (ChatBranch.number, ChatBranch.shown_order)
    return (
        select(*(func.coalesce(func.max(one), _ZERO).label(one.key) for one in highest))
        .where(*_OF_CONVERSATION)
        .cte("newest")
    )


def _follow() -> Statement:
    place, newest = _place(), _newest()
    is_followed = exists(next_of_branch(_user, _conversation, _place_of(place)).correlate(place))
    columns = [one.name for one in ChatBranch.__table__.columns]
    started = select(ChatConversation.created_at).where(*_IS_CONVERSATION).scalar_subquery()
    first = (
        upsert(ChatBranch)
        .from_select(
            columns,
            select(
                *(_user, _conversation, _ZERO, _ZERO, _BEFORE_ALL, _ZERO, started),
                newest.c.shown_order + _ONE,
            )
            .select_from(place.join(newest, true()))
            .where(is_followed | ((newest.c.number > _ZERO) & (place.c.branch == _ZERO))),
        )
        .on_conflict_do_nothing()
        .cte("first")
    )
    fork = (
        insert(ChatBranch)
        .from_select(
            columns,
            select(
                *(_user, _conversation, newest.c.number + _ONE, *place.c, _created_at),
                newest.c.shown_order + _ONE + _ONE,
            )
            .select_from(place.join(newest, true()))
            .where(is_followed),
        )
        .returning(ChatBranch.number)
        .cte("fork")
    )
    continued = (
        update(ChatBranch)
        .values(shown_order=newest.c.shown_order + _ONE)
        .where(*_OF_CONVERSATION, ChatBranch.number == place.c.branch, ~is_followed)
        .cte("continued")
    )
    begun = select(fork.c.number).scalar_subquery()
    chosen = select(func.coalesce(begun, place.c.branch).label("branch")).cte("chosen")
    shown = (
        update(ChatConversation)
        .values(shown_branch=chosen.c.branch)
        .where(*_IS_CONVERSATION, ChatConversation.shown_branch != chosen.c.branch)
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
        select(_ONE)
        .select_from(ReplyGeneration)
        .join(
            reply,
            and_(reply.user_id == ReplyGeneration.user_id, reply.id == ReplyGeneration.reply_id),
        )
        .join(answered, true())
        .where(
            ReplyGeneration.user_id == _user,
            ReplyGeneration.conversation_id == _conversation,
            or_(reply.id == place.c.id, answered.c.id == place.c.id),
        )
        .correlate(place)
    )


def _chosen() -> CTE:
    """The branch that was shown last of those through the message."""
    place = _place()
    leaf = shown_last_after(_user, _conversation, _place_of(place), outer=(place,))
    return select(func.coalesce(leaf, place.c.branch).label("branch")).cte("chosen")


def _show() -> Statement:
    chosen, newest = _chosen(), _newest()
    ordered = (
        update(ChatBranch)
        .values(shown_order=newest.c.shown_order + _ONE)
        .where(*_OF_CONVERSATION, ChatBranch.number == chosen.c.branch)
        .cte("ordered")
    )
    shown = (
        update(ChatConversation)
        .values(shown_branch=chosen.c.branch)
        .where(*_IS_CONVERSATION)
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
        .where(*_OF_CONVERSATION, ChatBranch.number == chosen.c.branch)
        .cte("ordered")
    )
    shown = (
        update(ChatConversation)
        .values(shown_branch=chosen.c.branch)
        .where(*_IS_CONVERSATION, bindparam("is_shown", type_=Boolean))
        .cte("shown")
    )
    return Statement("branches.replace", select(chosen.c.branch).add_cte(ordered, shown))


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
        ChatMessage.user_id == _user, ChatMessage.conversation_id == _conversation
    )
    return union_all(
        of_conversation.where(
            ChatMessage.branch == place.c.branch,
            tuple_(ChatMessage.created_at, ChatMessage.id) >= tuple_(place.c.at, place.c.id),
        ),
        of_conversation.where(ChatMessage.branch == behind.c.number),
    ).cte("subtree")


def _delete() -> Statement:
    place = _place()
    behind = _behind(place)
    subtree = _subtree(place, behind)
    # Any: an aliased table.
    message: Any = aliased(ChatMessage, name="message")
    parent = parent_of(message)
    unfinished = exists(
        select(_ONE).where(
            ReplyGeneration.user_id == _user,
            ReplyGeneration.conversation_id == _conversation,
            ReplyGeneration.reply_id.in_(select(subtree.c.id)),
        )
    )
    facts = (
        select(
            place.c.branch,
            parent.c.id.label("parent_id"),
            or_(parent.c.branch != message.branch, parent.c.id == _ZERO).label("is_first"),
            unfinished.label("is_being_written"),
        )
        .select_from(place)
        .join(message, and_(message.user_id == _user, message.id == place.c.id))
        .join(parent, true())
        .cte("facts")
    )
    is_free = exists(select(_ONE).select_from(facts).where(~facts.c.is_being_written))
    deleted = delete(ChatMessage).where(
        ChatMessage.user_id == _user, ChatMessage.id.in_(select(subtree.c.id)), is_free
    )
    is_gone = or_(
        ChatBranch.number.in_(select(behind.c.number)),
        ChatBranch.number.in_(select(facts.c.branch).where(facts.c.is_first)),
    )
    branches = delete(ChatBranch).where(*_OF_CONVERSATION, is_gone, is_free)
    is_shown = or_(
        ChatConversation.shown_branch == facts.c.branch,
        ChatConversation.shown_branch.in_(select(behind.c.number)),
    )
    shown_order = select(func.max(ChatBranch.shown_order)).where(
        *_OF_CONVERSATION,
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
        .join(ChatConversation, and_(*_IS_CONVERSATION))
        .add_cte(deleted.cte("deleted"), branches.cte("branches")),
    )


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
        .where(ChatMessage.user_id == _user, ChatMessage.id == _message)
        .with_for_update(of=ChatConversation)
        .cte("locked")
    )
    return Statement("branches.lock", result_for(person, locked))


def _first_shown() -> Statement:
    shown: ColumnElement[int] = ChatConversation.shown_branch.expression
    start = path_start(_user, _conversation, end_of(shown)).where(*_IS_CONVERSATION)
    ranges = path_ranges(start, is_backward=False)
    return Statement(
        "branches.first_shown",
        select(ChatMessage.content)
        .select_from(ranges)
        .join(ChatMessage, and_(*is_in_range(ranges)))
        .where(ChatMessage.user_id == _user, ChatMessage.conversation_id == _conversation)
        .order_by(ChatMessage.created_at, ChatMessage.id)
        .limit(_ONE),
    )


_FIRST_SHOWN = _first_shown()
_FOLLOW = _follow()
_SHOW = _show()
_REPLACE = _replace()
_DELETE = _delete()
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
