"""Sessions that break as they do in outages."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg

from db.database import Database, open_database
from perf.chaos.outages.proxy import Proxy
from tests.db.plan_statements import plan_codes
from tests.fixtures.stores.broken_path import behind_proxy
from tests.fixtures.stores.postgres import run

ANSWER_SECONDS = 0.6
FAILING_AT_COMMIT = """CREATE FUNCTION failing_late() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END$$"""
BEATEN_ONCE = """CREATE FUNCTION beaten_once() RETURNS int LANGUAGE plpgsql AS $$BEGIN
  IF nextval('times') = 1 THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END IF;
  RETURN 1; END$$"""


@asynccontextmanager
async def impatient(url: str, max_age_seconds: float = 1_800) -> AsyncIterator[Database]:
    """A database that is waited for a moment, on a pool of four."""
    async with open_database(
        url,
        replica_url=None,
        pool_size=4,
        observe=lambda *_: None,
        answer_seconds=ANSWER_SECONDS,
        max_age_seconds=max_age_seconds,
    ) as database:
        yield database


def play(
    url: str,
    scenario: Callable[[Database, Proxy], Awaitable[None]],
    *,
    max_age_seconds: float = 1_800,
) -> None:
    """Play a scenario behind a proxy."""

    async def played() -> None:
        async with (
            behind_proxy(url) as (through, proxy),
            impatient(through, max_age_seconds) as database,
        ):
            await scenario(database, proxy)

    asyncio.run(played())


async def warm(database: Database) -> None:
    """Have all four connections open."""
    async with database.read(), database.read(), database.read():
        await plan_codes(database)


async def reset_read_only(url: str) -> None:
    """Take writes again, from connections that are made from now on."""
    connection = await asyncpg.connect(
        url, server_settings={"default_transaction_read_only": "off"}
    )
    try:
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    finally:
        await connection.close()


async def end_all(url: str) -> None:
    """End every back-end of ours, as a failover does."""
    await run(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'guidance-api' AND datname = current_database()",
    )
