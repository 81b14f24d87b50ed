"""Pages of rows for many parents: one statement for each distinct page asked for."""

from asyncio import gather
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from asyncpg import Record

from db.database import Database
from db.keyset import Page
from db.queries.keyset import KeysetQuery
from loaders.batch import Loader


class PageKey(NamedTuple):
    """One parent's page, of the rows with the value `filter` where one is given."""

    parent_id: int
    page: Page
    filter: str | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of a page in their natural order, and whether there are more on either side."""

    rows: Sequence[Record]
    has_next: bool
    has_previous: bool


def pages(database: Database, query: KeysetQuery) -> Loader[PageKey, Slice]:
    """By parent and page; parents with the same page share a statement."""

    async def load(page: Page, value: str | None, ids: list[int]) -> list[Slice]:
        async with database.read() as connection:
            rows = await query.fetch(connection, ids, page, value)
        by_parent: dict[int, list[Record]] = {parent_id: [] for parent_id in ids}
        for row in rows:
            by_parent[row["parent_id"]].append(row)
        return [_slice(by_parent[parent_id], page) for parent_id in ids]

    async def batch(keys: list[PageKey]) -> list[Slice]:
        places: dict[tuple[Page, str | None], list[int]] = defaultdict(list)
        for place, (_, page, value) in enumerate(keys):
            places[page, value].append(place)
        loads = [
            load(page, value, [keys[place].parent_id for place in of_page])
            for (page, value), of_page in places.items()
        ]
        if len(loads) == 1:
            return await loads[0]
        slices: dict[int, Slice] = {}
        for of_page, found in zip(places.values(), await gather(*loads), strict=True):
            slices |= zip(of_page, found, strict=True)
        return [slices[place] for place in range(len(keys))]

    return Loader(batch)


def _slice(found: list[Record], page: Page) -> Slice:
    rows, is_cut = found[: page.size], len(found) > page.size
    has_preceding = page.after is not None and bool(found) and found[0]["has_preceding"]
    has_following = page.before is not None and bool(found) and found[0]["has_following"]
    if page.is_backward:
        return Slice(rows[::-1], has_next=has_following, has_previous=is_cut or has_preceding)
    return Slice(rows, has_next=is_cut or has_following, has_previous=has_preceding)
