"""Connections that cannot be had, or are lost: said under one name, and got over."""

import asyncio
from functools import partial

import asyncpg
import pytest
from sqlalchemy import ARRAY, Text, bindparam, select, text

from db.connections.errors import DatabaseUnavailable
from db.database import Database
from db.statement import Statement
from tests.db.plan_statements import (
    PLAN_CODES,
    Refused,
    add_plan,
    backend_of,
    end,
    on,
    opened,
    plan_codes,
)
from tests.fixtures.stores.broken_path import behind_proxy
from tests.fixtures.stores.postgres import url_of

NOWHERE = "postgresql://127.0.0.1:1/nothing"
_FIELDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"
ENDED = b"E" + (len(_FIELDS) + 4).to_bytes(4) + _FIELDS
"""The message with which PostgreSQL ends a session."""


@pytest.mark.parametrize("url", [NOWHERE, "postgresql:///nothing?host=/nowhere"])
def test_where_nobody_listens(url: str) -> None:
    async def scenario(database: Database) -> None:
        with pytest.raises(DatabaseUnavailable):
            await plan_codes(database)
        with pytest.raises(DatabaseUnavailable):
            async with database.begin():
                pytest.fail("there is no transaction")

    on(url, scenario)


def test_a_database_that_does_not_exist(postgres: str) -> None:
    async def scenario(database: Database) -> None:
        with pytest.raises(DatabaseUnavailable, match='database "nothing" does not exist'):
            await plan_codes(database)

    on(url_of(postgres, "nothing"), scenario)


def test_all_connections_are_taken_and_given_back(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        async with database.read(), database.begin():
            with pytest.raises(DatabaseUnavailable, match="TimeoutError"):
                await plan_codes(database)
        assert await plan_codes(database) == PLAN_CODES

    on(database_url, scenario)


def test_a_connection_that_was_lost_while_idle_is_replaced(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        async with database.read() as connection:
            backend = await backend_of(connection)
        await end(database_url, backend)
        assert await plan_codes(database) == PLAN_CODES

    on(database_url, scenario)


async def test_a_session_that_the_server_has_ended_but_not_closed(database_url: str) -> None:
    async with behind_proxy(database_url) as (url, proxy), opened(url) as database:
        assert await plan_codes(database) == PLAN_CODES
        (link,) = proxy.links
        link.send_to_client(ENDED)
        for _ in range(20):
            await asyncio.sleep(0)  # lets the client read it before it asks again
        assert await plan_codes(database) == PLAN_CODES


def test_a_connection_that_is_lost_under_a_statement(database_url: str) -> None:
    statement = Statement("test.sleep", select(text("pg_sleep(30)")))

    async def lose(database: Database) -> None:
        async with database.begin() as transaction:
            backend = await backend_of(transaction)
            sleeping = asyncio.ensure_future(transaction.fetch(statement))
            await end(database_url, backend)
            with pytest.raises(DatabaseUnavailable, match="terminating connection"):
                await sleeping
            with pytest.raises(DatabaseUnavailable):
                await transaction.fetch(statement)

    async def scenario(database: Database) -> None:
        with pytest.raises(DatabaseUnavailable, match="before the commit"):
            await lose(database)
        assert await plan_codes(database) == PLAN_CODES

    on(database_url, scenario)


def test_a_transaction_that_loses_its_connection_commits_nothing(database_url: str) -> None:
    done: list[str] = []

    async def note() -> None:
        done.append("committed")

    async def scenario(database: Database) -> None:
        with pytest.raises(DatabaseUnavailable):
            await add_plan(database, then=partial(end, database_url), done=note)
        assert (await plan_codes(database), done) == (PLAN_CODES, [])
        await add_plan(database, done=note)
        assert (await plan_codes(database), done) == (["late", *PLAN_CODES], ["committed"])

    on(database_url, scenario)


@pytest.mark.parametrize("is_lost", [False, True])
def test_an_exception_is_raised_unchanged_and_nothing_is_stored(
    database_url: str, *, is_lost: bool
) -> None:
    async def scenario(database: Database) -> None:
        then = partial(end, database_url) if is_lost else None
        with pytest.raises(Refused):
            await add_plan(database, then=then, refusal=Refused())
        assert await plan_codes(database) == PLAN_CODES

    on(database_url, scenario)


def test_what_a_statement_does_wrong_is_not_the_databases_absence(database_url: str) -> None:
    wrong_value = Statement("test.value", select(bindparam("day").op("::")(text("date"))))

    async def scenario(database: Database) -> None:
        async with database.read() as connection:
            with pytest.raises(asyncpg.UndefinedTableError):
                await connection.fetch(Statement("test.table", text("SELECT * FROM nothing")))
            with pytest.raises(asyncpg.DataError):
                await connection.fetch(wrong_value, day="no day")
            both = [connection.fetch(Statement("test.one", select(text("1")))) for _ in range(2)]
            _, second = await asyncio.gather(*both, return_exceptions=True)
        assert isinstance(second, asyncpg.InterfaceError)

    on(database_url, scenario)


def test_who_stops_waiting_leaves_a_connection_that_works(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), database.read() as connection:
                await connection.fetch(Statement("test.sleep", select(text("pg_sleep(30)"))))
        assert await plan_codes(database) == PLAN_CODES

    on(database_url, scenario)


def test_statements_are_planned_once(database_url: str) -> None:
    codes = bindparam("codes", type_=ARRAY(Text))
    one = Statement(
        "test.one",
        text("SELECT code FROM billing_plans WHERE code = ANY(:codes)").bindparams(codes),
    )
    plans = Statement("test.plans", text("SELECT * FROM pg_prepared_statements"))

    async def scenario(database: Database) -> None:
        async with database.read() as connection:
            for _ in range(20):
                await connection.fetch(one, codes=["basic-entry"])
            (row,) = [
                row for row in await connection.fetch(plans) if "test.one" in row["statement"]
            ]
            assert (row["generic_plans"], row["custom_plans"]) == (20, 0)

    on(database_url, scenario)
