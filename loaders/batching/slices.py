"""Pages of several parents, cut from the rows that one statement returns for all of them."""

from collections.abc import Sequence
from typing import NamedTuple

from db.page import Filter, Page
from db.row import Row

BOUNDS = frozenset({"has_next", "has_previous"})
"""The members of a page that need to look beyond it."""


class Slice(NamedTuple):
    """The rows of a parent's page in list order, and whether there are more before and after it.

    The latter are None where the operation reads neither. `filter` is what the list was
    filtered by.
    """

    rows: Sequence[Row]
    has_next: bool | None
    has_previous: bool | None
    parent_id: int
    filter: Filter | None = None


def slices_of(
    rows: Sequence[Row],
    parent_ids: Sequence[int],
    page: Page,
    filter_: Filter | None = None,
    *,
    has_bounds: bool = True,
) -> dict[int, Slice]:
    """The pages by parent id, from rows that have a `parent_id`.

    If each `has_bounds`, the rows tell whether there are more, as `KeysetQuery.fetch` says.
    """
    slice_of = _bounded if has_bounds else _unbounded
    if len(parent_ids) == 1:
        return {parent_ids[0]: slice_of(rows, page, parent_ids[0], filter_)}
    by_parent: dict[int, list[Row]] = {parent_id: [] for parent_id in parent_ids}
    for row in rows:
        by_parent[row["parent_id"]].append(row)
    return {id_: slice_of(found, page, id_, filter_) for id_, found in by_parent.items()}


def _unbounded(rows: Sequence[Row], page: Page, parent_id: int, filter_: Filter | None) -> Slice:
    return Slice(rows[::-1] if page.is_backward else rows, None, None, parent_id, filter_)


def _bounded(found: Sequence[Row], page: Page, parent_id: int, filter_: Filter | None) -> Slice:
    shown = found[: page.size]
    is_cut = len(found) > page.size
    has_preceding = page.after is not None and bool(found) and found[0]["has_preceding"]
    has_following = page.before is not None and bool(found) and found[0]["has_following"]
    if page.is_backward:
        return Slice(shown[::-1], has_following, is_cut or has_preceding, parent_id, filter_)
    return Slice(shown, is_cut or has_following, has_preceding, parent_id, filter_)
