"""The API keys of each company."""

from collections import defaultdict
from datetime import datetime

from db.database import Database
from db.queries.enterprise import credentials
from db.row import Row
from loaders.batching.loader import Loader

MAX_CREDENTIALS = 100
"""Credentials per company: all that are accepted, and then the newest others."""


def credentials_by_account(database: Database, now: datetime) -> Loader[int, tuple[Row, ...]]:
    """By account id, oldest first."""

    async def batch(account_ids: list[int]) -> list[tuple[Row, ...]]:
        async with database.read() as connection:
            rows = await credentials.by_account(connection, account_ids, MAX_CREDENTIALS, now)
        found: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            found[row["enterprise_account_id"]].append(row)
        return [tuple(found[id_]) for id_ in account_ids]

    return Loader(batch)
