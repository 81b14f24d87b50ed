"""The parent of a message, and the messages that follow one: see decision 42.

A message follows the one before it in its branch, or else the place that its branch follows. A
place is followed by the next message of its branch, and by the first of each branch from there.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    literal_column,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from db.queries.clauses.paths import Column, Place
from db.tables import ChatBranch, ChatMessage

ONE: ColumnElement[int] = literal_column("1")
_ZERO: ColumnElement[int] = literal_column("0")
_BEGINNING: ColumnElement[Any] = literal_column("'-infinity'::timestamptz")


# Any, in this module: aliased tables, and columns of every type.
def parent_of(message: Any) -> FromClause:
    """The place that a message follows, as a lateral with one row."""
    before: Any = aliased(ChatMessage, name="before")
    previous = (
        select(before.branch, before.created_at.label("at"), before.id)
        .where(
            before.user_id == message.user_id,
            before.conversation_id == message.conversation_id,
            before.branch == message.branch,
            tuple_(before.created_at, before.id) < tuple_(message.created_at, message.id),
        )
        .order_by(before.created_at.desc(), before.id.desc())
        .limit(ONE)
        .correlate(message)
        .subquery("previous")
    )
    own: Any = aliased(ChatBranch, name="own")
    followed = (
        select(own.parent_branch, own.parent_at, own.parent_id)
        .where(
            own.user_id == message.user_id,
            own.conversation_id == message.conversation_id,
            own.number == message.branch,
        )
        .correlate(message)
    )
    beginning = select(_ZERO, _BEGINNING, _ZERO)
    # The first of the three that there is: they are looked for one after another.
    return union_all(select(*previous.c), followed, beginning).limit(ONE).lateral("followed")


def next_of_branch(user_id: Column, conversation_id: Column, place: Place) -> Select[Any]:
    """The message that follows a place in its own branch, if there is one."""
    following: Any = aliased(ChatMessage, name="following")
    return (
        select(following.branch, following.created_at, following.id)
        .where(
            following.user_id == user_id,
            following.conversation_id == conversation_id,
            following.branch == place.branch,
            tuple_(following.created_at, following.id) > tuple_(place.at, place.id),
        )
        .order_by(following.created_at, following.id)
        .limit(ONE)
    )


def forks_of(
    fork: Any, user_id: Column, conversation_id: Column, place: Place
) -> tuple[ColumnElement[bool], ...]:
    """The conditions that the branch `fork` follows a place."""
    return (
        fork.user_id == user_id,
        fork.conversation_id == conversation_id,
        fork.number > _ZERO,
        fork.parent_id == place.id,
    )


def children_of(
    user_id: Column,
    conversation_id: Column,
    place: Place,
    *outer: Any,
) -> FromClause:
    """The messages that follow a place, as a lateral of `outer`: `branch`, `created_at`, `id`."""
    own = next_of_branch(user_id, conversation_id, place).correlate(*outer).subquery("next")
    fork: Any = aliased(ChatBranch, name="fork")
    begun: Any = aliased(ChatMessage, name="begun")
    first = (
        select(begun.branch, begun.created_at, begun.id)
        .where(
            begun.user_id == fork.user_id,
            begun.conversation_id == fork.conversation_id,
            begun.branch == fork.number,
        )
        .order_by(begun.created_at, begun.id)
        .limit(ONE)
        .correlate(fork)
        .lateral("first")
    )
    firsts = (
        select(*first.c)
        .select_from(fork)
        .join(first, true())
        .where(*forks_of(fork, user_id, conversation_id, place))
        .correlate(*outer)
    )
    return union_all(select(*own.c), firsts).lateral("child")
