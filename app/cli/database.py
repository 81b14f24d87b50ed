"""Runs a command's work on the database."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

import click

from app.cli.data_folder import warn_of_new_folder
from app.cli.failures.database_failures import reporting_database_failures
from app.composition.database_url import database_url
from app.settings import Settings
from db.database import Database, open_database
from db.schema.readiness import behind
from db.schema.revisions import revisions

T = TypeVar("T")


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """The result of `work` on the database; the command fails if that cannot be used."""

    async def do(url: str) -> T:
        async with _open(settings, url) as database:
            return await work(database.in_background())

    _warn_if_embedded(settings)
    with database_url(settings) as url, reporting_database_failures("the database cannot be used"):
        return asyncio.run(do(url))


@contextmanager
def served_database_url(settings: Settings) -> Iterator[str]:
    """The URL of a database to serve from; the command fails if that must be migrated first.

    One that cannot be asked is served: it may come up, and until then /readyz says that it is away.
    """
    _warn_if_embedded(settings)
    with database_url(settings) as url:
        earlier = asyncio.run(_behind(settings, url)) if settings.database_url else None
        if earlier is not None:
            raise click.ClickException(f"the database is {earlier}")
        yield url


def _warn_if_embedded(settings: Settings) -> None:
    if settings.database_url is None:
        warn_of_new_folder(settings)


async def _behind(settings: Settings, url: str) -> str | None:
    async with _open(settings, url) as database:
        return await behind(database, revisions())


def _open(settings: Settings, url: str) -> AbstractAsyncContextManager[Database]:
    return open_database(
        url,
        replica_url=None,
        pool_size=1,
        observe=None,
        background_seconds=settings.database_background_timeout_seconds,
        keeps_statements=settings.database_pooler is None,
    )
