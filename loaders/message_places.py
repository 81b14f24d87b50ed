"""The parents of messages, and their places among their siblings."""

from dataclasses import dataclass

from db.database import Database
from db.queries.chat import siblings
from db.row import Row
from loaders.batching.loader import Loader
from loaders.batching.rows_by_id import rows_in_key_order


@dataclass(frozen=True, slots=True)
class SiblingPlace:
    """How many messages have the same parent, and how many of them are older."""

    count: int
    index: int


_ALONE = SiblingPlace(1, 0)


def parent_message(database: Database, viewer_id: int | None) -> Loader[int, Row | None]:
    """By the id of the message that follows; None for a first message."""

    async def batch(ids: list[int]) -> list[Row | None]:
        if viewer_id is None:
            return [None] * len(ids)
        async with database.read() as connection:
            rows = await siblings.parents(connection, ids, viewer_id)
        return rows_in_key_order(ids, rows, "child_id")

    return Loader(batch)


def sibling_place(database: Database, viewer_id: int | None) -> Loader[int, SiblingPlace]:
    """By id; a message that has just been deleted is alone."""

    async def batch(ids: list[int]) -> list[SiblingPlace]:
        if viewer_id is None:
            return [_ALONE] * len(ids)
        async with database.read() as connection:
            rows = await siblings.sibling_places(connection, ids, viewer_id)
        places = {row["id"]: SiblingPlace(row["count"], row["index"]) for row in rows}
        return [places.get(id_, _ALONE) for id_ in ids]

    return Loader(batch)
