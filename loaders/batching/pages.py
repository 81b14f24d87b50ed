"""Pages of rows for many parents: one statement for each distinct page."""

from asyncio import gather
from collections import defaultdict
from typing import NamedTuple

from db.database import Database
from db.page import Filter, Page, PageReads
from db.queries.clauses.keyset_query import KeysetQuery
from loaders.batching.loader import Loader
from loaders.batching.slices import BOUNDS, Slice, slices_of

_EVERYTHING = (None, BOUNDS)


class PageKey(NamedTuple):
    """A page of one parent's rows, limited to the rows that pass the `filter`.

    `reads` is what is read of the page and its rows; None means everything.
    """

    parent_id: int
    page: Page
    filter: Filter | None = None
    reads: PageReads | None = None


def pages(
    database: Database, query: KeysetQuery, owner_id: int | None = None
) -> Loader[PageKey, Slice]:
    """By parent and page; parents with the same page share a statement.

    The parents belong to the person `owner_id`, unless they are people themselves.
    """

    async def load(keys: list[PageKey]) -> dict[int, Slice]:
        parent_id, page, value, reads = keys[0]
        parent_ids = [parent_id]
        if len(keys) > 1:
            parent_ids = list({key.parent_id: None for key in keys})
            reads = _all_reads(keys)
        columns, members = reads or _EVERYTHING
        has_bounds = not members.isdisjoint(BOUNDS)
        async with database.read() as connection:
            rows = await query.fetch(
                connection,
                parent_ids,
                page,
                value,
                columns,
                has_bounds=has_bounds,
                owner_id=owner_id,
            )
        return slices_of(rows, parent_ids, page, value, has_bounds=has_bounds)

    async def batch(keys: list[PageKey]) -> list[Slice]:
        if len(keys) == 1:
            return list((await load(keys)).values())
        by_page: dict[tuple[Page, Filter | None], list[PageKey]] = defaultdict(list)
        for key in keys:
            by_page[key.page, key.filter].append(key)
        if len(by_page) == 1:
            found = await load(keys)
            return [found[key.parent_id] for key in keys]
        slices = dict(zip(by_page, await gather(*map(load, by_page.values())), strict=True))
        return [slices[key.page, key.filter][key.parent_id] for key in keys]

    return Loader(batch)


def _all_reads(keys: list[PageKey]) -> PageReads | None:
    """What is read of any of the pages; None means everything."""
    reads = {key.reads for key in keys}
    if None in reads:
        return None
    columns, members = zip(*filter(None, reads), strict=True)
    return PageReads(frozenset[str]().union(*columns), frozenset[str]().union(*members))
