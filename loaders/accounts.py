"""Companies."""

from asyncpg import Record

from db.database import Database
from db.queries import enterprise
from loaders.batch import Loader


def account_by_id(database: Database) -> Loader[int, Record | None]:
    """By account id."""

    async def batch(ids: list[int]) -> list[Record | None]:
        async with database.read() as connection:
            rows = await enterprise.accounts_by_id(connection, ids)
        found = {row["id"]: row for row in rows}
        return [found.get(id_) for id_ in ids]

    return Loader(batch)


def account_by_administrator(database: Database) -> Loader[int, Record | None]:
    """By the user id of the administrator."""

    async def batch(user_ids: list[int]) -> list[Record | None]:
        async with database.read() as connection:
            rows = await enterprise.accounts_by_administrator(connection, user_ids)
        found = {row["administrator_id"]: row for row in rows}
        return [found.get(user_id) for user_id in user_ids]

    return Loader(batch)
