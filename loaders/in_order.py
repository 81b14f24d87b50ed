"""Rows in the order of the keys that were asked for."""

from collections.abc import Sequence
from operator import itemgetter

from asyncpg import Record


def in_order(keys: Sequence[int], rows: Sequence[Record], column: str) -> list[Record | None]:
    """The row whose `column` is each key, of which there is one at most; None where none is."""
    found = dict(zip(map(itemgetter(column), rows), rows, strict=True))
    return list(map(found.get, keys))
