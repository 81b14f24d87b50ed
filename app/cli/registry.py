"""The registry of documents as commands use it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.cli.failures import failing_with
from app.database import database_url
from app.documents import trusted_preparation
from app.settings import Settings
from db.database import open_database
from gql.build import core_schema
from gql.execution.prepare import Preparation
from services.clock import system_clock
from services.operations.registry import OperationRegistry

T = TypeVar("T")


def with_registry(settings: Settings, work: Callable[[OperationRegistry], Awaitable[T]]) -> T:
    """What `work` gives with the registry in the database; fails in one line without one."""

    async def do(url: str) -> T:
        async with open_database(
            url, replica_url=None, pool_size=1, observe=lambda *_: None
        ) as database:
            return await work(OperationRegistry(database, clock=system_clock))

    with database_url(settings) as url, failing_with("the database cannot be used"):
        return asyncio.run(do(url))


def preparation_for(settings: Settings) -> Preparation:
    """What prepares documents that are to be trusted, for an operator, who may see the schema."""
    core = core_schema()
    return trusted_preparation(settings, core, hides_suggestions=False)
