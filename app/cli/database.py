"""Runs a command's work on the database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.cli.failures.database_failures import reporting_database_failures
from app.composition.database_url import database_url
from app.settings import Settings
from db.database import Database, open_database

T = TypeVar("T")


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """The result of `work` on the database; the command fails if that cannot be used."""

    async def do(url: str) -> T:
        async with open_database(
            url,
            replica_url=None,
            pool_size=1,
            observe=None,
            background_seconds=settings.database_background_timeout_seconds,
            keeps_statements=settings.database_pooler is None,
        ) as database:
            return await work(database.in_background())

    with database_url(settings) as url, reporting_database_failures("the database cannot be used"):
        return asyncio.run(do(url))
