"""People."""

from db.database import Database
from db.queries import users
from db.row import Row
from loaders.batching.loader import Loader
from loaders.batching.rows_by_id import rows_in_key_order


def user_by_id(database: Database) -> Loader[int, Row | None]:
    """By user id; None for a person who does not exist, or no longer."""

    async def batch(ids: list[int]) -> list[Row | None]:
        async with database.read() as connection:
            rows = await users.by_id(connection, ids)
        return rows_in_key_order(ids, rows, "id")

    return Loader(batch)
