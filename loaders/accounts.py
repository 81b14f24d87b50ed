"""Companies."""

from asyncpg import Record

from db.database import Database
from db.queries import enterprise_accounts
from loaders.batch import Loader
from loaders.rows_by_id import in_order


def account_by_id(database: Database) -> Loader[int, Record | None]:
    """By account id."""

    async def batch(ids: list[int]) -> list[Record | None]:
        async with database.read() as connection:
            rows = await enterprise_accounts.accounts_by_id(connection, ids)
        return in_order(ids, rows, "id")

    return Loader(batch)


def account_by_administrator(database: Database) -> Loader[int, Record | None]:
    """By the user id of the administrator."""

    async def batch(user_ids: list[int]) -> list[Record | None]:
        async with database.read() as connection:
            rows = await enterprise_accounts.accounts_by_administrator(connection, user_ids)
        return in_order(user_ids, rows, "administrator_id")

    return Loader(batch)
