"""A database that does not answer: everybody waits so long and no longer."""

import asyncio
import time
from time import perf_counter

import pytest
from sqlalchemy import select, text

from db.connections.errors import DatabaseUnavailable
from db.database import Database
from db.statement import Statement
from perf.chaos.outages.proxy import Proxy, ProxyPath
from tests.db.connections.broken_sessions import (
    ANSWER_SECONDS,
    play,
    warm,
)
from tests.db.connections.interrupted_statements import (
    ADD,
    add_plan,
    fetched,
    seconds_until_refused,
)
from tests.db.plan_statements import PLAN_CODES, backend_of, plan_codes
from tests.fixtures.stores.postgres import rows_of

LATEST_SECONDS = 3 * ANSWER_SECONDS


"""A connection and an answer, each in time, and what a busy machine adds."""


SLEEP = Statement("test.sleep", select(text("pg_sleep(30)")))


async def _is_over(url: str) -> bool:
    rows = await rows_of(
        url,
        "SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event = 'PgSleep'",
    )
    return not rows


@pytest.mark.parametrize(
    "path", [one for one in ProxyPath if one not in {ProxyPath.OPEN, ProxyPath.DELAYS}]
)
def test_whatever_breaks_everybody_gets_an_error_in_time_and_the_next_is_served(
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
        await seconds_until_refused(fetched(database, many))
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


def test_the_server_ends_what_nobody_waits_for(database_url: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        await seconds_until_refused(fetched(database, SLEEP))
        async with asyncio.timeout(5):
            while not await _is_over(database_url):
                pass

    play(database_url, scenario)
