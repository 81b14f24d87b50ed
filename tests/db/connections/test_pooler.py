"""Behind a real PgBouncer that lends its connections for a transaction only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, bindparam, select, text

from db.database import Connection, Database, open_database
from db.statement import Statement
from tests.db.plan_statements import PLAN_CODES, add_plan, plan_codes
from tests.fixtures.stores.pgbouncer import pgbouncer
from tests.fixtures.stores.postgres import run

ECHO = [
    Statement(f"test.echo_{number}", select(bindparam("value", type_=BigInteger) + number))
    for number in range(5)
]
PEOPLE, ROUNDS = 20, 10


class Left(Exception):
    """What ends a transaction."""


@asynccontextmanager
async def pooled(url: str) -> AsyncIterator[Database]:
    """More connections than PgBouncer has of the server's."""
    async with open_database(
        url, replica_url=None, pool_size=8, observe=None, keeps_statements=False
    ) as database:
        yield database


async def echoed(connection: Connection, number: int) -> list[int]:
    """What different statements give, one after the other."""
    return [
        int((await connection.fetch(statement, value=number))[0][0])
        for statement in ECHO[number % len(ECHO) :]
    ]


async def leave(database: Database, number: int) -> None:
    """A transaction that is rolled back."""
    async with database.begin() as transaction:
        await echoed(transaction, number)
        raise Left


async def talk(database: Database, person: int) -> None:
    """Read, also in transactions, some of which are rolled back, and some of which stream."""
    expected = [person + added for added in range(person % len(ECHO), len(ECHO))]
    for turn in range(ROUNDS):
        async with database.read() as connection:
            assert await echoed(connection, person) == expected
        async with database.begin() as transaction:
            assert await echoed(transaction, person) == expected
        if turn % 3 == 0:
            with pytest.raises(Left):
                await leave(database, person)
        if turn % 5 == 0:
            async with database.snapshot() as snapshot:
                series = Statement("test.series", text("SELECT generate_series(1, 450) AS n"))
                assert [row["n"] async for row in snapshot.rows(series)] == list(range(1, 451))


def test_many_share_few_connections_and_nobody_gets_anothers_rows(
    database_url: str, tmp_path: Path
) -> None:
    async def scenario(url: str) -> None:
        async with pooled(url) as database:
            await asyncio.gather(*(talk(database, person) for person in range(PEOPLE)))
            await add_plan(database)
            assert await plan_codes(database) == ["late", *PLAN_CODES]
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2), database.read() as connection:
                    await connection.fetch(Statement("test.sleep", select(text("pg_sleep(30)"))))
            await asyncio.gather(*(talk(database, person) for person in range(3)))
        async with pooled(url) as database, database.read() as connection:
            (row,) = await connection.fetch(
                Statement("test.kept", text("SELECT count(*) AS n FROM pg_prepared_statements"))
            )
            assert row["n"] == 0, "nothing is left behind on the server's connections"

    with pgbouncer(database_url, tmp_path, connections=2) as url:
        asyncio.run(scenario(url))


def test_a_migration_is_seen_at_once(database_url: str, tmp_path: Path) -> None:
    everything = Statement("test.all", text("SELECT a FROM changing"))

    async def scenario(url: str) -> None:
        await run(database_url, "CREATE TABLE changing AS SELECT 1 AS a")
        async with pooled(url) as database, database.read() as connection:
            assert [row["a"] for row in await connection.fetch(everything)] == [1]
            await run(database_url, "ALTER TABLE changing ADD b text", "UPDATE changing SET a = 2")
            assert [row["a"] for row in await connection.fetch(everything)] == [2]

    with pgbouncer(database_url, tmp_path, connections=1) as url:
        asyncio.run(scenario(url))
