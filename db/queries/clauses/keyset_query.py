"""Keyset pagination: pages of many parents' rows in one statement, each read from an index.

A page begins after a row, `(at, id) < (…, …)`, instead of at an offset. So it costs the same
wherever it begins, and it does not shift while rows are added.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    BindParameter,
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
from db.page import Filter, Page
from db.queries.clauses.expressions import id_array
from db.row import Row
from db.statement import Statement, repository_method

# Any: a column of whatever type.
Column = InstrumentedAttribute[Any]


_MOST_STATEMENTS = 256
"""The statements kept for one query: a few for each selection of columns in documents."""


class Ranges(Protocol):
    """The ranges in which the rows of a parent lie, in the order of reading."""

    def of(self, parents: FromClause, filters: Sequence[str], *, is_backward: bool) -> FromClause:
        """The ranges as a lateral of `parents`, which may bind `owner_id` and the `filters`."""

    def hold(self, ranges: FromClause) -> Sequence[ColumnElement[bool]]:
        """The conditions that a row lies in one of them."""


class KeysetQuery:
    """The pages of one kind of row: `parent` owns the rows, `(at, id)` orders them.

    `owner` is the column with the person, where the parents are not people themselves. A parent's
    rows may lie in several ranges, which `along` says: they are read one after another. Without a
    column `parent` these alone say whose rows they are.

    Each of the `filters` is a condition, and may bind its value under its name; `always` are those
    that every page has.

    Rows are fetched with the columns that are read, if the list `has_one_index`. Otherwise they
    have all: with few the planner might prefer an index that covers them, and sort.
    """

    def __init__(
        self,
        name: str,
        *,
        columns: Sequence[ColumnElement[Any] | Column],
        parent: Column | None,
        at: Column,
        identity: Column,
        is_newest_first: bool,
        filters: Mapping[str, ColumnElement[bool]] | None = None,
        has_one_index: bool = False,
        along: Ranges | None = None,
        owner: Column | None = None,
        always: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self._columns = columns
        self._parent = parent
        self._at = at
        self._id = identity
        self._is_newest_first = is_newest_first
        self._filters = filters or {}
        self._has_one_index = has_one_index
        self._along = along
        self._owner = owner
        self._always = always
        self._statement = lru_cache(maxsize=_MOST_STATEMENTS)(self._build_statement)

    @repository_method
    async def fetch(
        self,
        connection: Connection,
        parent_ids: Sequence[int],
        page: Page,
        filter_: Filter | None,
        columns: frozenset[str] | None = None,
        *,
        has_bounds: bool = True,
        owner_id: int | None = None,
    ) -> list[Row]:
        """Fetch the page of every parent, in the order of reading; the parents are `owner_id`'s.

        Only rows that pass the `filter_` count. Each row has `columns`
        (default: all) and its `parent_id`. If it `has_bounds`, a page has one row more than asked,
        and its rows have `has_preceding` or `has_following`, if it is bounded on that side: whether
        there is a row beyond the bound.
        """
        statement = self._statement_for(page, filter_, columns, has_bounds=has_bounds)
        bound = _bound(parent_ids, page, page.size + has_bounds)
        if filter_ is not None:
            bound.update(filter_)
        if self._owner is not None:
            bound["owner_id"] = owner_id
        return await connection.fetch(statement, **bound)

    def variants(self) -> Iterator[Statement]:
        """Every form of the query, with all columns, and each of its filters alone."""
        others = [name for name in self._filters if name not in self._always]
        filters = (self._always or None, *((*self._always, name) for name in others))
        for after, before, backward, bounds in product((False, True), repeat=4):
            for chosen in filters:
                yield self._statement(
                    has_after=after,
                    has_before=before,
                    is_backward=backward,
                    filters=chosen,
                    wanted=None,
                    has_bounds=bounds,
                )

    def _statement_for(
        self,
        page: Page,
        filter_: Filter | None,
        columns: frozenset[str] | None,
        *,
        has_bounds: bool,
    ) -> Statement:
        return self._statement(
            has_after=page.after is not None,
            has_before=page.before is not None,
            is_backward=page.is_backward,
            filters=filter_ and tuple(name for name, _ in filter_),
            wanted=columns if self._has_one_index else None,
            has_bounds=has_bounds,
        )

    def _build_statement(
        self,
        *,
        has_after: bool,
        has_before: bool,
        is_backward: bool,
        filters: tuple[str, ...] | None,
        wanted: frozenset[str] | None = None,
        has_bounds: bool = True,
    ) -> Statement:
        parents = id_array("parent_ids")
        owned = [] if self._parent is None else [self._parent == parents.c.id]
        if self._owner is not None:
            owned.append(self._owner == bindparam("owner_id"))
        owned += [self._filters[name] for name in filters or () if name in self._filters]
        ranges: list[FromClause] = []
        if self._along is not None:
            is_reversed = is_backward != self._is_newest_first
            ranges = [self._along.of(parents, filters or (), is_backward=is_reversed)]
            owned += self._along.hold(*ranges)

        columns = [one for one in self._columns if wanted is None or one.key in wanted]
        rows: Select[Any] = select(*columns or [self._id]).where(*owned)
        beyond: list[FromClause] = []
        if has_after:
            rows = rows.where(~self._is_up_to("after"))
            beyond.append(_exists("has_preceding", [*owned, self._is_up_to("after")], parents))
        if has_before:
            rows = rows.where(~self._is_from("before"))
            beyond.append(_exists("has_following", [*owned, self._is_from("before")], parents))
        limit: BindParameter[int] = bindparam("row_limit")
        page = rows.order_by(*self._order(is_backward=is_backward)).limit(limit)
        for one in ranges:
            own = page.correlate(parents, one).lateral("own")
            page = select(*own.c).select_from(one.join(own, true())).limit(limit)
        page = page.correlate(parents)
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
def _bound(parent_ids: Sequence[int], page: Page, row_limit: int) -> dict[str, Any]:
    return {
        "parent_ids": parent_ids,
        "row_limit": row_limit,
        "after_at": page.after and page.after.at,
        "after_id": page.after and page.after.id,
        "before_at": page.before and page.before.at,
        "before_id": page.before and page.before.id,
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
