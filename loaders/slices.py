"""The pages of several parents, cut from the rows that one statement gives for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from asyncpg import Record

from db.form import Form, Written
from db.keyset import Page

T = TypeVar("T")


# Any: a place has an instant and a number.
Place: TypeAlias = Record | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of a page in their natural order, and whether there are more on either side.

    Where they were wanted in a form they are `written` instead.
    """

    rows: Sequence[Record]
    has_next: bool
    has_previous: bool
    written: Written | None = None

    @property
    def places(self) -> Sequence[Place]:
        """Where the rows stand in their list."""
        return self.rows if self.written is None else self.written.places


def slices_of(rows: Sequence[Record], parent_ids: Sequence[int], page: Page) -> dict[int, Slice]:
    """The pages by parent, of rows with their `parent_id`."""
    by_parent = _by_parent(parent_ids, [row["parent_id"] for row in rows], rows)
    slices = {}
    for parent_id, found in by_parent.items():
        has_preceding = page.after is not None and bool(found) and found[0]["has_preceding"]
        has_following = page.before is not None and bool(found) and found[0]["has_following"]
        more = _more(len(found), page, has_preceding, has_following)
        slices[parent_id] = Slice(_shown(found, page), *more)
    return slices


def slices_of_packed(
    packed: Record, parent_ids: Sequence[int], page: Page, form: Form, at_name: str
) -> dict[int, Slice]:
    """The same, of rows in a form that are packed into one, with an array for each column."""
    parents: Sequence[int] = packed["parent_id"] or ()
    places: dict[int, list[Mapping[str, Any]]] = {}  # Any: as in `Place`
    if form.has_places:
        pairs = zip(packed["id"] or (), packed[at_name] or (), strict=True)
        places = _by_parent(parent_ids, parents, ({"id": id_, at_name: at} for id_, at in pairs))
    preceding = _beyond(packed, "has_preceding") if page.after else {}
    following = _beyond(packed, "has_following") if page.before else {}
    slices = {}
    for parent_id, texts in _by_parent(parent_ids, parents, packed["forms"] or ()).items():
        shown = _shown(places.get(parent_id, []), page)
        written = Written(form, _shown(texts, page), shown)
        has_preceding = preceding.get(parent_id, False)
        has_following = following.get(parent_id, False)
        more = _more(len(texts), page, has_preceding, has_following)
        slices[parent_id] = Slice((), *more, written)
    return slices


def _beyond(packed: Record, name: str) -> dict[int, bool]:
    """What each parent's rows say, all of them the same, of what lies beyond them."""
    return dict(zip(packed["parent_id"] or (), packed[name] or (), strict=True))


def _by_parent(
    parent_ids: Sequence[int], parents: Sequence[int], found: Iterable[T]
) -> dict[int, list[T]]:
    by_parent: dict[int, list[T]] = {parent_id: [] for parent_id in parent_ids}
    for parent_id, one in zip(parents, found, strict=True):
        by_parent[parent_id].append(one)
    return by_parent


def _shown(found: list[T], page: Page) -> list[T]:
    """What was asked for, without the one that tells whether there is more, in natural order."""
    shown = found[: page.size]
    if page.is_backward:
        shown.reverse()
    return shown


def _more(count: int, page: Page, has_preceding: bool, has_following: bool) -> tuple[bool, bool]:  # noqa: FBT001 - a private function's
    """Whether there are more next, and previously."""
    is_cut = count > page.size
    if page.is_backward:
        return has_following, is_cut or has_preceding
    return is_cut or has_following, has_preceding
