"""Pages of several parents, cut from the rows that one statement returns for all of them."""

from collections.abc import Sequence
from typing import NamedTuple

from db.page import Page
from db.row import Row


class Slice(NamedTuple):
    """The rows of a parent's page in list order, and whether there are more before and after it.

    `filter` is the value by which the list was filtered, where it was.
    """

    rows: Sequence[Row]
    has_next: bool
    has_previous: bool
    parent_id: int
    filter: str | None = None


def slices_of(
    rows: Sequence[Row], parent_ids: Sequence[int], page: Page, filter_: str | None = None
) -> dict[int, Slice]:
    """The pages by parent id, from rows that have a `parent_id`."""
    if len(parent_ids) == 1:
        return {parent_ids[0]: _slice(rows, page, parent_ids[0], filter_)}
    by_parent: dict[int, list[Row]] = {parent_id: [] for parent_id in parent_ids}
    for row in rows:
        by_parent[row["parent_id"]].append(row)
    return {id_: _slice(found, page, id_, filter_) for id_, found in by_parent.items()}


def _slice(found: Sequence[Row], page: Page, parent_id: int, filter_: str | None) -> Slice:
    shown = found[: page.size]
    is_cut = len(found) > page.size
    has_preceding = page.after is not None and bool(found) and found[0]["has_preceding"]
    has_following = page.before is not None and bool(found) and found[0]["has_following"]
    if page.is_backward:
        return Slice(shown[::-1], has_following, is_cut or has_preceding, parent_id, filter_)
    return Slice(shown, is_cut or has_following, has_preceding, parent_id, filter_)
