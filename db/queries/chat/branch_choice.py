"""Which path of a conversation is read: the one that is shown, or the one through a message."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    exists,
    func,
    inspect,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import aliased

from db.queries.clauses.paths import Column, Place, end_of, is_in_range, path_ranges, path_start
from db.tables import ChatBranch, ChatConversation, ChatMessage

_owner = bindparam("owner_id", type_=BigInteger)
_ZERO: ColumnElement[int] = literal_column("0")
_ONE: ColumnElement[int] = literal_column("1")


class BranchShown:
    """The `Ranges` of messages: along the shown path, or through the message `branch`."""

    def of(self, parents: FromClause, filters: Sequence[str], *, is_backward: bool) -> FromClause:
        """See `Ranges`."""
        start = _start_through(parents) if "branch" in filters else _start_shown(parents)
        return path_ranges(start.correlate(parents), is_backward=is_backward)

    def hold(self, ranges: FromClause) -> Sequence[ColumnElement[bool]]:
        """See `Ranges`."""
        return is_in_range(ranges)


def _start_shown(parents: FromClause) -> Select[Any]:
    shown: ColumnElement[int] = ChatConversation.shown_branch.expression
    return path_start(_owner, parents.c.id, end_of(shown)).where(
        ChatConversation.user_id == _owner, ChatConversation.id == parents.c.id
    )


def _start_through(parents: FromClause) -> Select[Any]:
    # Any: an aliased table.
    through: Any = aliased(ChatMessage, name="through")
    leaf = shown_last_after(
        _owner,
        parents.c.id,
        Place(through.branch, through.created_at, through.id),
        outer=(parents, inspect(through).selectable),
    )
    return path_start(_owner, parents.c.id, end_of(func.coalesce(leaf, through.branch))).where(
        through.user_id == _owner,
        through.id == bindparam("branch", type_=BigInteger),
        through.conversation_id == parents.c.id,
    )


def shown_last_after(
    user_id: Column,
    conversation_id: Column,
    place: Place,
    *,
    outer: Sequence[FromClause],
) -> ColumnElement[int]:
    """The number of the branch shown last of those that go on after a place to a leaf.

    Null if there is no such branch, or the conversation does not fork. `outer` is what the
    arguments are columns of.
    """
    beyond = (
        select(place.branch.label("number"))
        .correlate(*outer)
        .cte("beyond", recursive=True, nesting=True)
    )
    forks_behind = tuple_(ChatBranch.parent_at, ChatBranch.parent_id) >= tuple_(place.at, place.id)
    beyond = beyond.union_all(
        select(ChatBranch.number)
        .where(
            ChatBranch.user_id == user_id,
            ChatBranch.conversation_id == conversation_id,
            ChatBranch.number > _ZERO,
            ChatBranch.parent_branch == beyond.c.number,
            or_(ChatBranch.parent_branch != place.branch, forks_behind),
        )
        .correlate(*outer)
    )
    # Any: aliased columns.
    leaf: Any = aliased(ChatBranch, name="leaf")
    last = _last_message(leaf)
    return (
        select(leaf.number)
        .join(last, true())
        .where(
            leaf.user_id == user_id,
            leaf.conversation_id == conversation_id,
            leaf.number.in_(select(beyond.c.number)),
            ~_is_followed(leaf, last),
        )
        .order_by(leaf.shown_order.desc())
        .limit(_ONE)
        .correlate(*outer)
        .scalar_subquery()
    )


# Any: aliased columns.
def _last_message(branch: Any) -> FromClause:
    message: Any = aliased(ChatMessage, name="own")
    return (
        select(message.id)
        .where(
            message.user_id == branch.user_id,
            message.conversation_id == branch.conversation_id,
            message.branch == branch.number,
        )
        .order_by(message.created_at.desc(), message.id.desc())
        .limit(_ONE)
        .correlate(branch)
        .lateral("last")
    )


# Any: aliased columns.
def _is_followed(branch: Any, last: FromClause) -> ColumnElement[bool]:
    """Whether another branch follows the last message of this one, which so leads to no leaf."""
    fork: Any = aliased(ChatBranch, name="fork")
    return exists(
        select(_ONE)
        .where(
            fork.user_id == branch.user_id,
            fork.conversation_id == branch.conversation_id,
            fork.parent_id == last.c.id,
        )
        .correlate(branch, last)
    )
