"""Pages of rows for many parents: one statement for each distinct page."""

from asyncio import gather
from collections import defaultdict
from typing import NamedTuple

from db.database import Database
from db.page import Page
from db.queries.clauses.keyset_query import KeysetQuery
from loaders.batching.loader import Loader
from loaders.batching.slices import Slice, slices_of


class PageKey(NamedTuple):
    """A page of one parent's rows, limited to rows with the value `filter` where one is given.

    `columns` are those that are needed of the rows; None means all.
    """

    parent_id: int
    page: Page
    filter: str | None = None
    columns: frozenset[str] | None = None


def pages(database: Database, query: KeysetQuery) -> Loader[PageKey, Slice]:
    """By parent and page; parents with the same page share a statement."""

    async def load(keys: list[PageKey]) -> dict[int, Slice]:
        parent_id, page, value, columns = keys[0]
        parent_ids = [parent_id]
        if len(keys) > 1:
            parent_ids = list({key.parent_id: None for key in keys})
            columns = _needed_columns(keys)
        async with database.read() as connection:
            rows = await query.fetch(connection, parent_ids, page, value, columns)
        return slices_of(rows, parent_ids, page, value)

    async def batch(keys: list[PageKey]) -> list[Slice]:
        if len(keys) == 1:
            return list((await load(keys)).values())
        by_page: dict[tuple[Page, str | None], list[PageKey]] = defaultdict(list)
        for key in keys:
            by_page[key.page, key.filter].append(key)
        if len(by_page) == 1:
            found = await load(keys)
            return [found[key.parent_id] for key in keys]
        slices = dict(zip(by_page, await gather(*map(load, by_page.values())), strict=True))
        return [slices[key.page, key.filter][key.parent_id] for key in keys]

    return Loader(batch)


def _needed_columns(keys: list[PageKey]) -> frozenset[str] | None:
    """The union of the columns that the pages need; None for all."""
    needed = {key.columns for key in keys}
    if len(needed) == 1:
        return keys[0].columns
    return None if None in needed else frozenset[str]().union(*filter(None, needed))
