"""Paths through a conversation that forks, as ranges of messages: see decision 42.

A path is all of its last branch up to its end, then its parent's up to where the branch forks, and
so on to the first. Each range is read from the index `(conversation_id, branch, created_at, id)`.
"""

from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Select,
    column,
    func,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute

from db.tables import ChatBranch, ChatMessage

# Any, in this module: columns of every type.
Column: TypeAlias = ColumnElement[Any] | InstrumentedAttribute[Any]


class Place(NamedTuple):
    """A position of a branch: that of a message, or the one before or behind all messages."""

    branch: Column
    at: Column
    id: Column


_NAME = "path_range"
_RANGE = ("branch", "until_at", "until_id")
_FIRST: ColumnElement[int] = literal_column("0", Integer)


def end_of(branch: ColumnElement[int]) -> Place:
    """The place behind all messages of a branch."""
    return Place(
        branch,
        literal_column("'infinity'::timestamptz", DateTime(timezone=True)),
        literal_column("9223372036854775807", BigInteger),
    )


def path_start(user_id: Column, conversation_id: Column, end: Place) -> Select[Any]:
    """The end of a path, from which `path_ranges` goes back."""
    return select(
        user_id.label("user_id"),
        conversation_id.label("conversation_id"),
        end.branch.label("branch"),
        end.at.label("until_at"),
        end.id.label("until_id"),
    )


def path_ranges(start: Select[Any], *, is_backward: bool) -> FromClause:
    """The ranges of a path in the order of reading, as a lateral.

    Those of a backward path are worked out one by one, as they are read.
    """
    if is_backward:
        path = _walk(start)
        return select(*(path.c[one] for one in _RANGE)).lateral(_NAME)
    last = start.subquery("last")
    so_far = [array([last.c[one]]).label(f"{one}s") for one in _RANGE]
    path = _walk(select(*last.c, *so_far), is_kept=True)
    # The walk ends at the first branch, and then has all of them.
    ranges = func.unnest(*(path.c[f"{one}s"] for one in _RANGE)).table_valued(
        *(column(one, path.c[one].type) for one in _RANGE), name="one"
    )
    one = ranges.render_derived(name="one")
    return (
        select(*one.c)
        .select_from(path.join(one, true()))
        .where(path.c.branch == _FIRST)
        .lateral(_NAME)
    )


def _walk(start: Select[Any], *, is_kept: bool = False) -> CTE:
    """Go from `start` to the first branch; the ranges so far are kept as arrays, if they are."""
    path = start.cte("path", recursive=True, nesting=True)
    parent = (ChatBranch.parent_branch, ChatBranch.parent_at, ChatBranch.parent_id)
    kept = zip(parent, _RANGE, strict=True) if is_kept else ()
    step = select(
        path.c.user_id,
        path.c.conversation_id,
        *parent,
        *(func.array_prepend(value, path.c[f"{one}s"]) for value, one in kept),
    ).where(
        path.c.branch > _FIRST,
        ChatBranch.user_id == path.c.user_id,
        ChatBranch.conversation_id == path.c.conversation_id,
        ChatBranch.number == path.c.branch,
    )
    return path.union_all(step)


def is_in_range(ranges: FromClause) -> tuple[ColumnElement[bool], ...]:
    """Whether a message of the conversation lies in one of the ranges."""
    return (
        ChatMessage.branch == ranges.c.branch,
        tuple_(ChatMessage.created_at, ChatMessage.id)
        <= tuple_(ranges.c.until_at, ranges.c.until_id),
    )
