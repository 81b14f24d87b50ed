"""Keyset pagination: pages of many parents' rows in one statement, each read from an index.

A page begins after a row, `(at, id) < (…, …)`, instead of at an offset. So it costs the same
wherever it begins, and it does not shift while rows are added.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from db.database import Connection
from db.page import Page
from db.queries.clauses.expressions import id_array
from db.row import Row
from db.statement import Statement, repository_method

# Any: a column of whatever type.
Column = InstrumentedAttribute[Any]


_MOST_STATEMENTS = 256
"""The statements kept for one query: a few for each selection of columns in documents."""


class KeysetQuery:
    """The pages of one kind of row: `parent` owns the rows, `(at, id)` orders them.

    `owner` is the column with the person, where the parents are not people themselves.

    Rows are fetched with the columns that are read, if the list `has_one_index`. Otherwise they
    have all: with few the planner might prefer an index that covers them, and sort.
    """

    def __init__(
        self,
        name: str,
        *,
        columns: Sequence[ColumnElement[Any] | Column],
        parent: Column,
        at: Column,
        identity: Column,
        is_newest_first: bool,
        filter_by: Column | None = None,
        has_one_index: bool = False,
        owner: Column | None = None,
    ) -> None:
        self.name = name
        self._columns = columns
        self._parent = parent
        self._at = at
        self._id = identity
        self._is_newest_first = is_newest_first
        self._filter_by = filter_by
        self._has_one_index = has_one_index
        self._owner = owner
        self._statement = lru_cache(maxsize=_MOST_STATEMENTS)(self._build_statement)

    @repository_method
    async def fetch(
        self,
        connection: Connection,
        parent_ids: Sequence[int],
        page: Page,
        value: str | None,
        columns: frozenset[str] | None = None,
        *,
        has_bounds: bool = True,
        owner_id: int | None = None,
    ) -> list[Row]:
        """Fetch the page of every parent, in the order of reading; the parents are `owner_id`'s.

        With a `value`, only rows whose `filter_by` column equals it count. Each row has `columns`
        (default: all) and its `parent_id`. If it `has_bounds`, a page has one row more than asked,
        and its rows have `has_preceding` or `has_following`, if it is bounded on that side: whether
        there is a row beyond the bound.
        """
        statement = self._statement_for(page, value, columns, has_bounds=has_bounds)
        bound = _bound(parent_ids, page, value, page.size + has_bounds)
        if self._owner is not None:
            bound["owner_id"] = owner_id
        return await connection.fetch(statement, **bound)

    def _statement_for(
        self, page: Page, value: str | None, columns: frozenset[str] | None, *, has_bounds: bool
    ) -> Statement:
        return self._statement(
            has_after=page.after is not None,
            has_before=page.before is not None,
            is_backward=page.is_backward,
            is_filtered=value is not None,
            wanted=columns if self._has_one_index else None,
            has_bounds=has_bounds,
        )

    def _build_statement(
        self,
        *,
        has_after: bool,
        has_before: bool,
        is_backward: bool,
        is_filtered: bool,
        wanted: frozenset[str] | None = None,
        has_bounds: bool = True,
    ) -> Statement:
        parents = id_array("parent_ids")
        owned = [self._parent == parents.c.id]
        if self._owner is not None:
            owned.append(self._owner == bindparam("owner_id"))
        if is_filtered and self._filter_by is not None:
            owned.append(self._filter_by == bindparam("filter_value"))

        columns = [one for one in self._columns if wanted is None or one.key in wanted]
        rows: Select[Any] = select(*columns or [self._id]).where(*owned).correlate(parents)
        beyond: list[FromClause] = []
        if has_after:
            rows = rows.where(~self._is_up_to("after"))
            beyond.append(_exists("has_preceding", [*owned, self._is_up_to("after")], parents))
        if has_before:
            rows = rows.where(~self._is_from("before"))
            beyond.append(_exists("has_following", [*owned, self._is_from("before")], parents))
        page = rows.order_by(*self._order(is_backward=is_backward)).limit(bindparam("row_limit"))
        shown = [page.lateral("page"), *(beyond if has_bounds else ())]
        return Statement(self.name, _join_parents(parents, shown))

    def _order(self, *, is_backward: bool) -> tuple[ColumnElement[Any], ...]:
        if self._is_newest_first != is_backward:
            return self._at.desc(), self._id.desc()
        return self._at.asc(), self._id.asc()

    def _is_up_to(self, bound: str) -> ColumnElement[bool]:
        """Whether a row is at the bound or before it."""
        row, edge = tuple_(self._at, self._id), _edge(self._at, bound)
        return row >= edge if self._is_newest_first else row <= edge

    def _is_from(self, bound: str) -> ColumnElement[bool]:
        """Whether a row is at the bound or after it."""
        row, edge = tuple_(self._at, self._id), _edge(self._at, bound)
        return row <= edge if self._is_newest_first else row >= edge


# Any: values of every type.
def _bound(
    parent_ids: Sequence[int], page: Page, value: str | None, row_limit: int
) -> dict[str, Any]:
    return {
        "parent_ids": parent_ids,
        "row_limit": row_limit,
        "after_at": page.after and page.after.at,
        "after_id": page.after and page.after.id,
        "before_at": page.before and page.before.at,
        "before_id": page.before and page.before.id,
        "filter_value": value,
    }


def _edge(at: Column, bound: str) -> ColumnElement[Any]:
    return tuple_(
        bindparam(f"{bound}_at", type_=at.type), bindparam(f"{bound}_id", type_=BigInteger)
    )


def _exists(name: str, conditions: list[ColumnElement[bool]], parents: FromClause) -> FromClause:
    row: Select[Any] = select(literal_column("1")).where(*conditions).correlate(parents)
    return select(row.exists().label(name)).correlate(parents).lateral(name)


def _join_parents(parents: FromClause, laterals: Sequence[FromClause]) -> Select[Any]:
    # A lateral limit can only run as a nested loop, which preserves the order of a parent's rows.
    joined: FromClause = parents
    for lateral in laterals:
        joined = joined.join(lateral, true())
    columns = [one for lateral in laterals for one in lateral.c]
    return select(parents.c.id.label("parent_id"), *columns).select_from(joined)
