"""Statements about the parents and siblings of messages."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    any_,
    bindparam,
    false,
    func,
    select,
    true,
)
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.chat.messages import COLUMNS
from db.queries.clauses.keyset_query import KeysetQuery
from db.queries.clauses.paths import Place
from db.queries.clauses.siblings import children_of, forks_of, next_of_branch, parent_of
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import ChatBranch, ChatMessage

# Any: aliased tables.
_message: Any = aliased(ChatMessage, name="message")
_parent = parent_of(_message)
_place = Place(_parent.c.branch, _parent.c.at, _parent.c.id)
_is_asked = (
    _message.user_id == bindparam("user_id"),
    _message.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
)
_PARENTS = Statement(
    "messages.parents",
    select(_message.id.label("child_id"), *COLUMNS)
    .select_from(_message)
    .join(_parent, true())
    .join(
        ChatMessage,
        and_(ChatMessage.user_id == _message.user_id, ChatMessage.id == _parent.c.id),
    )
    .where(*_is_asked),
)


def _sibling_places() -> Statement:
    of_conversation = (_message.user_id, _message.conversation_id)
    own = next_of_branch(*of_conversation, _place).correlate(_message, _parent).lateral("next")
    fork: Any = aliased(ChatBranch, name="fork")
    is_older = and_(fork.number != _message.branch, fork.created_at < _message.created_at)
    others = (
        select(func.count().label("total"), func.count().filter(is_older).label("older"))
        .select_from(fork)
        .where(*forks_of(fork, *of_conversation, _place))
        .correlate(_message, _parent)
        .lateral("others")
    )
    is_own_older = func.coalesce(own.c.created_at < _message.created_at, false())
    return Statement(
        "messages.sibling_places",
        select(
            _message.id,
            (others.c.total + own.c.id.is_not(None).cast(Integer)).label("count"),
            (others.c.older + is_own_older.cast(Integer)).label("index"),
        )
        .select_from(_message)
        .join(_parent, true())
        .outerjoin(own, true())
        .join(others, true())
        .where(*_is_asked),
    )


_SIBLING_PLACES = _sibling_places()


class _Siblings:
    """The `Ranges` of a message's siblings: each is one."""

    def of(self, parents: FromClause, filters: Sequence[str], *, is_backward: bool) -> FromClause:
        """See `Ranges`."""
        del filters
        child = children_of(_message.user_id, _message.conversation_id, _place, _message, _parent)
        order = (child.c.created_at, child.c.id)
        siblings: Select[Any] = (
            select(child.c.id)
            .select_from(_message)
            .join(_parent, true())
            .join(child, true())
            .where(_message.user_id == bindparam("owner_id"), _message.id == parents.c.id)
            .order_by(*(one.desc() if is_backward else one for one in order))
        )
        return siblings.correlate(parents).lateral("sibling")

    def hold(self, ranges: FromClause) -> Sequence[ColumnElement[bool]]:
        """See `Ranges`."""
        return (ChatMessage.id == ranges.c.id,)


PAGE_BY_SIBLING = KeysetQuery(
    "messages.page_by_sibling",
    columns=COLUMNS,
    parent=None,
    at=ChatMessage.created_at,
    identity=ChatMessage.id,
    is_newest_first=False,
    has_one_index=True,
    along=_Siblings(),
    owner=ChatMessage.user_id,
)
"""The messages with the same parent as a message, itself among them, the oldest first."""


@repository_method
async def parents(connection: Connection, ids: Sequence[int], user_id: int) -> list[Row]:
    """The parents of those messages that have one, each with the `child_id`."""
    return await connection.fetch(_PARENTS, ids=ids, user_id=user_id)


@repository_method
async def sibling_places(connection: Connection, ids: Sequence[int], user_id: int) -> list[Row]:
    """`(id, count, index)` of messages: how many siblings there are, and how many are older."""
    return await connection.fetch(_SIBLING_PLACES, ids=ids, user_id=user_id)
