"""Pages of rows for many parents: one statement for each distinct page asked for."""

from asyncio import gather
from collections import defaultdict
from typing import NamedTuple

from db.database import Database
from db.keyset import Page
from db.queries.keyset import KeysetQuery
from loaders.batch import Loader
from loaders.slices import Slice, slices_of


class PageKey(NamedTuple):
    """One parent's page, of the rows with the value `filter` where one is given."""

    parent_id: int
    page: Page
    filter: str | None = None


def pages(database: Database, query: KeysetQuery) -> Loader[PageKey, Slice]:
    """By parent and page; parents with the same page share a statement."""

    async def load(page: Page, value: str | None, parent_ids: list[int]) -> dict[int, Slice]:
        async with database.read() as connection:
            rows = await query.fetch(connection, parent_ids, page, value)
        return slices_of(rows, parent_ids, page, value)

    async def batch(keys: list[PageKey]) -> list[Slice]:
        parents: dict[tuple[Page, str | None], list[int]] = defaultdict(list)
        for parent_id, page, value in keys:
            parents[page, value].append(parent_id)
        loads = [load(page, value, ids) for (page, value), ids in parents.items()]
        if len(loads) == 1:
            found = await loads[0]
            return [found[key.parent_id] for key in keys]
        slices = dict(zip(parents, await gather(*loads), strict=True))
        return [slices[key.page, key.filter][key.parent_id] for key in keys]

    return Loader(batch)
