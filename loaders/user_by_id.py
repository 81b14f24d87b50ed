"""People."""

from asyncpg import Record

from db.database import Database
from db.queries import users
from loaders.batch import Loader
from loaders.rows_by_id import in_order


def user_by_id(database: Database) -> Loader[int, Record | None]:
    """By user id; None for a person who does not exist, or no longer."""

    async def batch(ids: list[int]) -> list[Record | None]:
        async with database.read() as connection:
            rows = await users.by_id(connection, ids)
        return in_order(ids, rows, "id")

    return Loader(batch)
