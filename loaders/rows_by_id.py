"""Rows by their id, of those that the viewer may see; and rows in the order of their keys."""

from collections.abc import Awaitable, Callable, Sequence
from operator import itemgetter
from typing import TypeAlias

from asyncpg import Record

from db.database import Connection, Database
from loaders.batch import Loader

FetchOwned: TypeAlias = Callable[[Connection, Sequence[int], int], Awaitable[list[Record]]]


def in_order(keys: Sequence[int], rows: Sequence[Record], column: str) -> list[Record | None]:
    """The row whose `column` is each key, of which there is one at most; None where none is."""
    found = dict(zip(map(itemgetter(column), rows), rows, strict=True))
    return list(map(found.get, keys))


def rows_by_id(
    database: Database, fetch: FetchOwned, viewer_id: int | None
) -> Loader[int, Record | None]:
    """By id; None for a row that does not exist or is not the viewer's, which look the same."""

    async def batch(ids: list[int]) -> list[Record | None]:
        if viewer_id is None:
            return [None] * len(ids)
        async with database.read() as connection:
            rows = await fetch(connection, ids, viewer_id)
        return in_order(ids, rows, "id")

    return Loader(batch)
