"""Pages of rows for many parents: one statement for each distinct page asked for."""

from asyncio import gather
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from db.database import Database
from db.form import Form
from db.keyset import Page
from db.queries.keyset import KeysetQuery
from loaders.batch import Loader
from loaders.slices import Slice, slices_of, slices_of_packed


class PageKey(NamedTuple):
    """One parent's page, of the rows with the value `filter` where one is given.

    `form` is the one in which its rows are wanted, where nothing else is wanted of them.
    """

    parent_id: int
    page: Page
    filter: str | None = None
    form: Form | None = None


def pages(database: Database, query: KeysetQuery) -> Loader[PageKey, Slice]:
    """By parent and page; parents with the same page share a statement.

    A page that is asked for in several forms at once is read once, in none of them.
    """

    async def load(page: Page, value: str | None, keys: Sequence[PageKey]) -> dict[int, Slice]:
        parent_ids, form = list({key.parent_id: None for key in keys}), _only_form(keys)
        async with database.read() as connection:
            if form is None:
                rows = await query.fetch(connection, parent_ids, page, value)
            else:
                packed = await query.fetch_formed(connection, parent_ids, page, value, form)
        if form is None:
            return slices_of(rows, parent_ids, page)
        return slices_of_packed(packed, parent_ids, page, form, query.at_name)

    async def batch(keys: list[PageKey]) -> list[Slice]:
        by_page: dict[tuple[Page, str | None], list[PageKey]] = defaultdict(list)
        for key in keys:
            by_page[key.page, key.filter].append(key)
        loads = [load(page, value, of_page) for (page, value), of_page in by_page.items()]
        if len(loads) == 1:
            found = await loads[0]
            return [found[key.parent_id] for key in keys]
        slices = dict(zip(by_page, await gather(*loads), strict=True))
        return [slices[key.page, key.filter][key.parent_id] for key in keys]

    return Loader(batch)


def _only_form(keys: Sequence[PageKey]) -> Form | None:
    forms = {key.form for key in keys}
    return forms.pop() if len(forms) == 1 else None
