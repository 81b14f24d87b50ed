"""Sessions that can do their work no longer are replaced, and old ones too."""

import asyncio
import socket
from uuid import uuid4

import pytest
from sqlalchemy import BigInteger, bindparam, select, text

from db.connections.errors import DatabaseUnavailable
from db.database import Connection, Database
from db.statement import Statement
from perf.chaos.outages.proxy import Proxy
from tests.db.connections.broken_sessions import (
    end_all,
    impatient,
    play,
    reset_read_only,
    warm,
)
from tests.db.connections.interrupted_statements import (
    ADD,
    add_plan,
    fetched,
    seconds_until_refused,
)
from tests.db.plan_statements import ADD_PLAN, PLAN_CODES, backend_of, plan_codes
from tests.fixtures.stores.postgres import rows_of, run

FAILING = """CREATE FUNCTION failing() RETURNS int LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '{}'; END$$"""


async def _add_and(database: Database, statement: Statement) -> None:
    async with database.begin() as transaction:
        await transaction.fetch(ADD)
        await transaction.fetch(statement)


def numbered_plan(number: int) -> Statement:
    """A statement that adds a plan of its own."""
    return Statement("test.add_plan", text(ADD_PLAN.replace("'late'", f"'plan {number}'")))


@pytest.mark.parametrize("code", ["53100", "53200", "53400", "58030"])
def test_a_server_without_room_is_away(database_url: str, code: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        await run(database_url, FAILING.format(code))
        failing = Statement("test.failing", text("SELECT failing()"))
        with pytest.raises(DatabaseUnavailable, match="no room"):
            await fetched(database, failing)
        with pytest.raises(DatabaseUnavailable, match="no room"):
            await _add_and(database, failing)
        assert await plan_codes(database) == PLAN_CODES

    play(database_url, scenario)


async def test_a_server_with_room_for_fewer_connections(database_url: str) -> None:
    role = f"few_{uuid4().hex}"
    nap = Statement("test.nap", select(text("pg_sleep(0.01)")))

    await run(database_url, f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 2")
    try:
        async with impatient(database_url.replace("postgres:", f"{role}:")) as database:
            await asyncio.gather(*(fetched(database, nap) for _ in range(20)))
            async with database.read(), database.read():
                await seconds_until_refused(fetched(database, nap))
            await asyncio.gather(*(fetched(database, nap) for _ in range(20)))
    finally:
        await run(database_url, f"DROP ROLE {role}")


def test_a_failover_to_a_server_that_takes_no_writes_and_back(database_url: str) -> None:
    async def read_only(is_read_only: str) -> None:
        name = (await rows_of(database_url, "SELECT current_database()"))[0][0]
        await run(
            database_url,
            f'ALTER DATABASE "{name}" SET default_transaction_read_only = {is_read_only}',
        )

    async def scenario(database: Database, _proxy: Proxy) -> None:
        await warm(database)
        await read_only("on")
        await end_all(database_url)
        for _ in range(5):
            assert await plan_codes(database) == PLAN_CODES
            with pytest.raises(DatabaseUnavailable, match="read-only transaction"):
                await add_plan(database)
        await warm(database)  # with connections of the time when nothing could be written
        await reset_read_only(database_url)
        await add_plan(database)
        assert await plan_codes(database) == ["late", *PLAN_CODES]

    play(database_url, scenario)


def test_back_ends_that_are_ended_are_not_noticed(database_url: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        for number in range(5):
            await warm(database)
            await end_all(database_url)
            await asyncio.gather(*(plan_codes(database) for _ in range(4)))
            await end_all(database_url)
            async with database.begin() as transaction:
                await transaction.fetch(numbered_plan(number))
        assert len(await plan_codes(database)) == len(PLAN_CODES) + 5

    play(database_url, scenario)


def test_a_column_that_changes_its_type_is_not_noticed(database_url: str) -> None:
    value = Statement(
        "test.value",
        text("SELECT n FROM changing WHERE n >= :least").bindparams(
            bindparam("least", type_=BigInteger)
        ),
    )

    async def values(connection: Connection) -> list[object]:
        return [row["n"] for row in await connection.fetch(value, least=0)]

    async def scenario(database: Database, _proxy: Proxy) -> None:
        await run(database_url, "CREATE TABLE changing AS SELECT 1 AS n")
        for kind, expected in (("bigint", 1), ("smallint", 1), ("numeric", 1)):
            async with database.read() as one, database.read() as two, database.read() as three:
                for connection in (one, two, three):
                    await values(connection)
            await run(database_url, f"ALTER TABLE changing ALTER n TYPE {kind}")
            async with database.begin() as transaction:
                assert await values(transaction) == [expected]
            # The first that meets the change gives the others away.
            for _ in range(3):
                async with database.begin() as transaction:
                    await backend_of(transaction)
                    assert await values(transaction) == [expected]

    play(database_url, scenario)


def test_connections_grow_old(database_url: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        async with database.read() as connection:
            first = await backend_of(connection)
        async with asyncio.timeout(5), database.read() as connection:
            second = await backend_of(connection)
            while second == first:
                await asyncio.sleep(0.05)
                async with database.read() as other:
                    second = await backend_of(other)
        assert second != first

    play(database_url, scenario, max_age_seconds=0.3)


def test_the_operating_system_asks_whether_the_server_is_there(database_url: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        async with database.read_primary() as connection:
            await connection.fetch(Statement("test.one", select(text("1"))))
            peer = connection._session.socket
            assert peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
            (row,) = await connection.fetch(
                Statement(
                    "test.settings",
                    text(
                        "SELECT current_setting('statement_timeout') AS longest,"
                        " current_setting('idle_in_transaction_session_timeout') AS idle,"
                        " current_setting('client_connection_check_interval') AS checks"
                    ),
                )
            )
            assert tuple(row) == ("5min", "600ms", "1s")

    play(database_url, scenario)


async def test_a_setting_of_the_url_is_the_operators(database_url: str) -> None:
    own = Statement("test.own", text("SELECT current_setting('statement_timeout') AS s"))
    url = f"{database_url}&statement_timeout=1234"
    async with impatient(url) as database, database.read() as connection:
        (row,) = await connection.fetch(own)
    assert row["s"] == "1234ms"
