"""The path to the database breaks in every way: nothing waits for ever, and all recovers."""

import asyncio
import socket
import time
from collections.abc import Awaitable
from time import perf_counter
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import BigInteger, bindparam, select, text

from db.connections.errors import DatabaseUnavailable, OutcomeUnknown, SessionLost
from db.database import Connection, Database
from db.request_scope import RequestScope
from db.statement import Statement
from perf.chaos.outages.proxy import Proxy, ProxyPath
from tests.db.connections.broken_sessions import (
    ANSWER_SECONDS,
    BEATEN_ONCE,
    FAILING_AT_COMMIT,
    end_all,
    impatient,
    play,
    reset_read_only,
    warm,
)
from tests.db.plan_statements import ADD_PLAN, PLAN_CODES, backend_of, end, plan_codes
from tests.fixtures.postgres import rows_of, run

LATEST_SECONDS = 3 * ANSWER_SECONDS
"""A connection and an answer, each in time, and what a busy machine adds."""
ADD = Statement("test.add_plan", text(ADD_PLAN))
SLEEP = Statement("test.sleep", select(text("pg_sleep(30)")))
FAILING = """CREATE FUNCTION failing() RETURNS int LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '{}'; END$$"""
CODES = "SELECT code FROM billing_plans ORDER BY 1"


async def add_plan(database: Database) -> None:
    async with database.begin() as transaction:
        await transaction.fetch(ADD)


async def seconds_until_refused(operation: Awaitable[object]) -> float:
    """How long it took until `operation` was told that the database is away."""
    started = perf_counter()
    with pytest.raises(DatabaseUnavailable):
        await operation
    return perf_counter() - started


@pytest.mark.parametrize(
    "path", [one for one in ProxyPath if one not in {ProxyPath.OPEN, ProxyPath.DELAYS}]
)
def test_whatever_breaks_everybody_is_told_in_time_and_the_next_is_served(
    database_url: str, path: ProxyPath
) -> None:
    async def scenario(database: Database, proxy: Proxy) -> None:
        await warm(database)
        await proxy.set_path(path)
        waits = [seconds_until_refused(plan_codes(database)) for _ in range(6)]
        waits += [seconds_until_refused(add_plan(database)) for _ in range(6)]
        assert max(await asyncio.gather(*waits)) < LATEST_SECONDS
        await proxy.set_path(ProxyPath.OPEN)
        assert await plan_codes(database) == PLAN_CODES
        await add_plan(database)

    play(database_url, scenario)


def test_a_path_that_delays_is_waited_for(database_url: str) -> None:
    async def scenario(database: Database, proxy: Proxy) -> None:
        await proxy.set_path(ProxyPath.DELAYS)
        reads = [plan_codes(database) for _ in range(4)]
        assert await asyncio.gather(*reads) == [PLAN_CODES] * 4
        await add_plan(database)
        await proxy.set_path(ProxyPath.OPEN)
        assert await plan_codes(database) == ["late", *PLAN_CODES]

    play(database_url, scenario)


@pytest.mark.parametrize("rows", [1, 1_000, 100_000])
def test_of_an_answer_that_is_cut_nothing_is_taken(database_url: str, rows: int) -> None:
    many = Statement("test.many", text(f"SELECT n FROM generate_series(1, {rows}) AS n"))

    async def scenario(database: Database, proxy: Proxy) -> None:
        await warm(database)
        async with database.read() as connection:
            assert len(await connection.fetch(many)) == rows
        await proxy.set_path(ProxyPath.CUTS)
        await seconds_until_refused(_fetched(database, many))
        await proxy.set_path(ProxyPath.OPEN)
        async with database.read() as connection:
            assert [row["n"] for row in await connection.fetch(many)] == [*range(1, rows + 1)]

    play(database_url, scenario)


def test_transactions_that_fill_the_pool_when_the_network_falls_silent(database_url: str) -> None:
    async def change(database: Database, are_in: asyncio.Barrier) -> None:
        async with database.begin() as transaction:
            await backend_of(transaction)
            await are_in.wait()
            await are_in.wait()
            await transaction.fetch(ADD)

    async def scenario(database: Database, proxy: Proxy) -> None:
        are_in = asyncio.Barrier(5)
        changes = [
            asyncio.ensure_future(seconds_until_refused(change(database, are_in))) for _ in range(4)
        ]
        await are_in.wait()
        await proxy.set_path(ProxyPath.SWALLOWS)
        await are_in.wait()
        assert max(await asyncio.gather(*changes)) < LATEST_SECONDS
        await proxy.set_path(ProxyPath.OPEN)
        assert await plan_codes(database) == PLAN_CODES

    play(database_url, scenario)


def test_one_silent_connection_gives_all_that_are_silent_away(database_url: str) -> None:
    async def scenario(database: Database, proxy: Proxy) -> None:
        await warm(database)
        proxy.silence_links()
        async with database.in_background().read() as connection:
            working = asyncio.ensure_future(connection.fetch(SLEEP))
            await seconds_until_refused(plan_codes(database))
            with pytest.raises(DatabaseUnavailable):
                await working
        started = perf_counter()
        assert await plan_codes(database) == PLAN_CODES
        assert perf_counter() - started < ANSWER_SECONDS / 2

    play(database_url, scenario)


def test_work_in_the_background_goes_on_beside_a_statement_that_takes_too_long(
    database_url: str,
) -> None:
    nap = Statement("test.nap", select(text("pg_sleep(1.5)")))

    async def scenario(database: Database, _proxy: Proxy) -> None:
        async with database.in_background().read() as connection:
            working = asyncio.ensure_future(connection.fetch(nap))
            await asyncio.sleep(0)
            async with database.read() as other:
                sleeping = asyncio.ensure_future(seconds_until_refused(other.fetch(SLEEP)))
                while not sleeping.done():
                    assert await plan_codes(database) == PLAN_CODES
            assert len(await working) == 1

    play(database_url, scenario)


def test_a_process_that_is_held_up_does_not_take_that_for_silence(database_url: str) -> None:
    async def hold_up() -> None:
        time.sleep(2 * ANSWER_SECONDS)  # noqa: ASYNC251 - nothing else is served meanwhile

    async def scenario(database: Database, _proxy: Proxy) -> None:
        quick = Statement("test.quick", select(text("pg_sleep(0.05)")))
        async with database.read() as connection:
            backend = await backend_of(connection)
            asking = asyncio.ensure_future(connection.fetch(quick))
            await asyncio.sleep(0.01)
            await hold_up()
            assert len(await asking) == 1
            assert await backend_of(connection) == backend

    play(database_url, scenario)


async def _is_over(url: str) -> bool:
    rows = await rows_of(
        url,
        "SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event = 'PgSleep'",
    )
    return not rows


def test_the_server_ends_what_nobody_waits_for(database_url: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        await seconds_until_refused(_fetched(database, SLEEP))
        async with asyncio.timeout(5):
            while not await _is_over(database_url):
                pass

    play(database_url, scenario)


async def _fetched(database: Database, statement: Statement) -> None:
    async with database.read() as connection:
        await connection.fetch(statement)


async def _add_and(database: Database, statement: Statement) -> None:
    async with database.begin() as transaction:
        await transaction.fetch(ADD)
        await transaction.fetch(statement)


@pytest.mark.parametrize("has_happened", [True, False])
def test_a_commit_without_an_answer_is_said_to_be_unknown(
    database_url: str, *, has_happened: bool
) -> None:
    async def scenario(database: Database, proxy: Proxy) -> None:
        proxy.silence_marker, proxy.delivers_marker = b"COMMIT\0", has_happened
        with pytest.raises(OutcomeUnknown, match="no answer in time"):
            await add_plan(database)
        proxy.silence_marker = None
        expected = ["late", *PLAN_CODES] if has_happened else PLAN_CODES
        assert await plan_codes(database) == expected

    play(database_url, scenario)


def test_a_connection_that_is_lost_before_the_commit_leaves_no_doubt(database_url: str) -> None:
    async def lose(database: Database) -> None:
        async with database.begin() as transaction:
            await transaction.fetch(ADD)
            await end(database_url, await backend_of(transaction))
            await asyncio.sleep(0.05)

    async def scenario(database: Database, _proxy: Proxy) -> None:
        with pytest.raises(DatabaseUnavailable) as told:
            await lose(database)
        assert not isinstance(told.value, OutcomeUnknown)
        assert await plan_codes(database) == PLAN_CODES

    play(database_url, scenario)


def test_a_commit_that_the_server_refuses_has_not_happened(database_url: str) -> None:
    add_child = Statement("test.child", text("INSERT INTO child VALUES (7) RETURNING n"))

    async def scenario(database: Database, _proxy: Proxy) -> None:
        await run(
            database_url,
            "CREATE TABLE parent (n int PRIMARY KEY)",
            "CREATE TABLE child (n int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
        )
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with database.begin() as transaction:
                await transaction.fetch(add_child)
        assert await rows_of(database_url, "SELECT n FROM child") == []

    play(database_url, scenario)


@pytest.mark.parametrize("code", ["53100", "53200", "53400", "58030"])
def test_a_server_without_room_is_away(database_url: str, code: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        await run(database_url, FAILING.format(code))
        failing = Statement("test.failing", text("SELECT failing()"))
        with pytest.raises(DatabaseUnavailable, match="no room"):
            await _fetched(database, failing)
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
            await asyncio.gather(*(_fetched(database, nap) for _ in range(20)))
            async with database.read(), database.read():
                await seconds_until_refused(_fetched(database, nap))
            await asyncio.gather(*(_fetched(database, nap) for _ in range(20)))
    finally:
        await run(database_url, f"DROP ROLE {role}")


def test_a_commit_for_which_there_is_no_room_has_not_happened(database_url: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        await run(
            database_url,
            FAILING_AT_COMMIT,
            "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON billing_plans"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION failing_late()",
        )
        with RequestScope() as scope:
            with pytest.raises(DatabaseUnavailable, match="no room") as told:
                await add_plan(database)
            assert not isinstance(told.value, OutcomeUnknown)
            assert not scope.has_changed
        assert await plan_codes(database) == PLAN_CODES

    play(database_url, scenario)


@pytest.mark.parametrize("has_answer", [True, False])
def test_a_transaction_that_is_rolled_back_for_another_may_be_done_again(
    database_url: str, *, has_answer: bool
) -> None:
    once = Statement("test.once", text("SELECT beaten_once()"))

    async def repeat(database: Database) -> None:
        async with database.begin() as transaction:
            if has_answer:
                await backend_of(transaction)
            await transaction.fetch(once)
            await transaction.fetch(ADD)

    async def scenario(database: Database, _proxy: Proxy) -> None:
        await run(database_url, "CREATE SEQUENCE times", BEATEN_ONCE)
        if has_answer:
            with pytest.raises(SessionLost, match="deadlock"):
                await repeat(database)
        await repeat(database)
        assert await plan_codes(database) == ["late", *PLAN_CODES]

    play(database_url, scenario)


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


def numbered_plan(number: int) -> Statement:
    """A statement that adds a plan of its own."""
    return Statement("test.add_plan", text(ADD_PLAN.replace("'late'", f"'plan {number}'")))


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
