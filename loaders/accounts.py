"""Companies."""

from db.database import Database
from db.queries.enterprise import enterprise_accounts
from db.row import Row
from loaders.batching.loader import Loader
from loaders.batching.rows_by_id import rows_in_key_order


def account_by_id(database: Database) -> Loader[int, Row | None]:
    """By account id."""

    async def batch(ids: list[int]) -> list[Row | None]:
        async with database.read() as connection:
            rows = await enterprise_accounts.accounts_by_id(connection, ids)
        return rows_in_key_order(ids, rows, "id")

    return Loader(batch)


def account_by_administrator(database: Database) -> Loader[int, Row | None]:
    """By the user id of the administrator."""

    async def batch(user_ids: list[int]) -> list[Row | None]:
        async with database.read() as connection:
            rows = await enterprise_accounts.accounts_by_administrator(connection, user_ids)
        return rows_in_key_order(user_ids, rows, "administrator_id")

    return Loader(batch)
