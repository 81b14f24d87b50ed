"""The pages of several parents, cut from the rows that one statement gives for all of them."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from asyncpg import Record

from db.form import Form, Place, Written
from db.keyset import Page

T = TypeVar("T")


class Slice(NamedTuple):
    """The rows of a page in their natural order, and whether there are more on either side.

    Where they were wanted in a form they are `written` instead.
    """

    rows: Sequence[Record]
    has_next: bool
    has_previous: bool
    written: Written | None = None

    @property
    def places(self) -> Sequence[Record | Place]:
        """Where the rows stand in their list."""
        return self.rows if self.written is None else self.written.places


def slices_of(rows: Sequence[Record], parent_ids: Sequence[int], page: Page) -> dict[int, Slice]:
    """The pages by parent, of rows with their `parent_id`."""
    by_parent: dict[int, list[Record]] = {parent_id: [] for parent_id in parent_ids}
    for row in rows:
        by_parent[row["parent_id"]].append(row)
    slices = {}
    for parent_id, found in by_parent.items():
        has_preceding = page.after is not None and bool(found) and found[0]["has_preceding"]
        has_following = page.before is not None and bool(found) and found[0]["has_following"]
        more = _more(len(found), page, has_preceding=has_preceding, has_following=has_following)
        slices[parent_id] = Slice(_shown(found, page), *more)
    return slices


def slices_of_packed(
    packed: Record, parent_ids: Sequence[int], page: Page, form: Form, at_name: str
) -> dict[int, Slice]:
    """The same, of rows in a form that are packed into one, with an array for each column.

    Each parent's rows stand together.
    """
    parents, texts = packed["parent_id"] or [], packed["forms"] or []
    places = _places(packed, at_name) if form.has_places else []
    preceding = _beyond(packed, "has_preceding") if page.after else {}
    following = _beyond(packed, "has_following") if page.before else {}
    slices, begin = dict.fromkeys(parent_ids, Slice((), *_more(0, page), Written(form, ()))), 0
    for parent_id, count in Counter(parents).items():
        end = begin + count
        written = Written(form, _shown(texts[begin:end], page), _shown(places[begin:end], page))
        more = _more(
            count,
            page,
            has_preceding=preceding.get(parent_id, False),
            has_following=following.get(parent_id, False),
        )
        slices[parent_id] = Slice((), *more, written)
        begin = end
    return slices


def _places(packed: Record, at_name: str) -> list[Place]:
    pairs = zip(packed["id"] or (), packed[at_name] or (), strict=True)
    return [{"id": id_, at_name: at} for id_, at in pairs]


def _beyond(packed: Record, name: str) -> dict[int, bool]:
    """What each parent's rows say, all of them the same, of what lies beyond them."""
    return dict(zip(packed["parent_id"] or (), packed[name] or (), strict=True))


def _shown(found: list[T], page: Page) -> list[T]:
    """What was asked for, without the one that tells whether there is more, in natural order."""
    shown = found[: page.size]
    if page.is_backward:
        shown.reverse()
    return shown


def _more(
    count: int, page: Page, *, has_preceding: bool = False, has_following: bool = False
) -> tuple[bool, bool]:
    """Whether there are more next, and previously."""
    is_cut = count > page.size
    if page.is_backward:
        return has_following, is_cut or has_preceding
    return is_cut or has_following, has_preceding
