"""Rows by id, limited to those of the viewer; and rows sorted as their keys were requested."""

from collections.abc import Awaitable, Callable, Sequence
from operator import itemgetter
from typing import TypeAlias

from db.database import Connection, Database
from db.row import Row
from loaders.batching.loader import Loader

FetchOwned: TypeAlias = Callable[[Connection, Sequence[int], int], Awaitable[list[Row]]]


def rows_in_key_order(keys: Sequence[int], rows: Sequence[Row], column: str) -> list[Row | None]:
    """For each key the row that has it in `column`, or None; a key has at most one row."""
    found = dict(zip(map(itemgetter(column), rows), rows, strict=True))
    return list(map(found.get, keys))


def rows_by_id(
    database: Database, fetch: FetchOwned, viewer_id: int | None
) -> Loader[int, Row | None]:
    """By id; None for a row that does not exist or belongs to somebody else."""

    async def batch(ids: list[int]) -> list[Row | None]:
        if viewer_id is None:
            return [None] * len(ids)
        async with database.read() as connection:
            rows = await fetch(connection, ids, viewer_id)
        return rows_in_key_order(ids, rows, "id")

    return Loader(batch)
