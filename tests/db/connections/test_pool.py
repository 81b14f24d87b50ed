"""Who gets which connection, and in which state."""

import asyncio
import gc
import weakref
from contextlib import suppress
from contextvars import ContextVar

import asyncpg
import pytest
from sqlalchemy import select, text

from db.connections.connection import Connection
from db.connections.errors import DatabaseUnavailable
from db.connections.pool import Pool
from db.connections.session import Session
from db.database import Database, open_database
from db.statement import Statement
from metrics.repository_methods import ObservedStatement
from tests.db.plan_statements import PLAN_CODES, backend_of, end, on, opened, plan_codes
from tests.fixtures.stores.postgres import run

SLEEP = Statement("test.sleep", select(text("pg_sleep(30)")))
OPEN = Statement(
    "test.open",
    text(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'guidance-api'"
        " AND datname = current_database()"
    ),
)


async def until_asleep(url: str, backend: int) -> None:
    """Wait until a backend runs `SLEEP`."""
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(10):
            while not await connection.fetchval(
                "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $1", backend
            ):
                pass
    finally:
        await connection.close()


async def cut_short(url: str, database: Database) -> int:
    """Cancel a statement that runs, with whoever waits for it; gives its backend."""
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def sleep() -> None:
        async with database.read() as connection:
            started.set_result(await backend_of(connection))
            await connection.fetch(SLEEP)

    sleeping = asyncio.ensure_future(sleep())
    backend = await started
    await until_asleep(url, backend)
    sleeping.cancel()
    with suppress(asyncio.CancelledError):
        await sleeping
    return backend


async def test_the_connection_of_a_statement_that_was_cut_short_is_used_again(
    database_url: str,
) -> None:
    async with opened(database_url, pool_size=1) as database:
        backend = await cut_short(database_url, database)
        async with database.read() as connection:
            assert await backend_of(connection) == backend


async def test_a_connection_that_is_left_with_a_statement_running_is_replaced(
    database_url: str,
) -> None:
    async with opened(database_url, pool_size=1) as database:
        async with database.read() as connection:
            backend = await backend_of(connection)
            forgotten = asyncio.ensure_future(connection.fetch(SLEEP))
            await until_asleep(database_url, backend)
        async with database.read() as other:
            assert await backend_of(other) != backend
        with pytest.raises((DatabaseUnavailable, AttributeError)):
            await forgotten


def test_who_has_given_a_connection_back_cannot_use_it(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        async with database.read() as connection:
            await backend_of(connection)
        with pytest.raises(AttributeError):
            await backend_of(connection)

    on(database_url, scenario)


async def test_who_waits_longest_is_next_and_no_more_are_opened(database_url: str) -> None:
    served: list[int] = []

    async def ask(database: Database, number: int) -> None:
        async with database.read() as connection:
            served.append(number)
            await connection.fetch(OPEN)

    async with opened(database_url, pool_size=2) as database:
        await asyncio.gather(*(ask(database, number) for number in range(40)))
        async with database.read() as connection:
            (row,) = await connection.fetch(OPEN)
        assert row["count"] == 2
    handed_over = [number for number in served if number > 1]  # the first two connect
    assert handed_over == list(range(2, 40))


async def test_a_turn_that_comes_too_late_goes_to_the_next(database_url: str) -> None:
    driver = await asyncpg.connect(database_url)
    connections = iter([Session(driver)])

    async def connect() -> Session:
        return next(connections)

    pool = Pool(connect, 1)
    held = await pool.acquire(1)
    first, second = (asyncio.ensure_future(pool.acquire(1)) for _ in range(2))
    await asyncio.sleep(0)
    pool.release(held, is_ready=True)
    first.cancel()
    assert await second is held
    assert first.cancelled()
    pool.release(held, is_ready=True)
    await pool.close()
    assert driver.is_closed()


async def test_a_place_whose_connection_was_lost_goes_to_who_waits(database_url: str) -> None:
    async def lose(database: Database, *, has_begun: asyncio.Event) -> None:
        async with database.begin() as transaction:
            backend = await backend_of(transaction)
            has_begun.set()
            await end(database_url, backend)
            await backend_of(transaction)

    async with opened(database_url, pool_size=1) as database:
        has_begun = asyncio.Event()
        losing = asyncio.ensure_future(lose(database, has_begun=has_begun))
        await has_begun.wait()
        waiting = asyncio.ensure_future(plan_codes(database))
        with pytest.raises(DatabaseUnavailable):
            await losing
        assert await waiting == PLAN_CODES


async def test_a_transaction_whose_end_is_uncertain_takes_its_connection_along(
    database_url: str,
) -> None:
    async def commit(database: Database, started: "asyncio.Future[int]") -> None:
        async with database.begin() as transaction:
            started.set_result(await backend_of(transaction))
            await transaction.fetch(
                Statement("test.defer", text("INSERT INTO slow VALUES (1) RETURNING n"))
            )

    await run(
        database_url,
        "CREATE TABLE slow (n int)",
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(30); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION wait()",
    )
    async with opened(database_url, pool_size=1) as database:
        started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        committing = asyncio.ensure_future(commit(database, started))
        backend = await started
        await until_asleep(database_url, backend)
        committing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await committing
        async with database.read() as connection:
            assert await backend_of(connection) != backend
            rows = await connection.fetch(Statement("test.none", text("SELECT n FROM slow")))
            assert rows == []


def test_a_migration_under_a_prepared_statement_goes_unnoticed(database_url: str) -> None:
    everything = Statement("test.all", text("SELECT * FROM changing"))

    async def rows(connection: Connection) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await connection.fetch(everything)]

    async def scenario(database: Database) -> None:
        await run(database_url, "CREATE TABLE changing AS SELECT 1 AS a")
        async with database.read() as connection:
            assert await rows(connection) == [(1,)]
            await run(database_url, "ALTER TABLE changing ADD b text DEFAULT 'new'")
            assert await rows(connection) == [(1, "new")]
        async with database.begin() as transaction:
            assert await rows(transaction) == [(1, "new")]
            await run(database_url, "CREATE TABLE other AS SELECT 1 AS a")

    on(database_url, scenario)


async def test_of_more_texts_than_are_kept_prepared_the_oldest_makes_room(
    database_url: str,
) -> None:
    driver = await asyncpg.connect(database_url, statement_cache_size=1)
    session = Session(driver, max_prepared=2)
    for number in (1, 2, 3, 1):
        assert [tuple(row) for row in await session.fetch(f"SELECT {number}", ())] == [(number,)]
    kept = await session.fetch("SELECT statement FROM pg_prepared_statements", ())
    assert sorted(row["statement"] for row in kept) == [
        "SELECT 1",
        "SELECT statement FROM pg_prepared_statements",
    ]
    await driver.close()


async def test_a_wait_for_a_connection_is_distinguished_from_the_time_in_the_database(
    database_url: str,
) -> None:
    reported: list[tuple[str, int | None, bool]] = []

    def observe(observed: ObservedStatement) -> None:
        name, _seconds, rows, waited_seconds, _job = observed
        reported.append((name, rows, waited_seconds > 0))

    async with open_database(
        database_url, replica_url=None, pool_size=1, observe=observe
    ) as database:
        async with database.read() as connection:
            await connection.fetch(OPEN)
            await connection.fetch(OPEN)
            with pytest.raises(asyncpg.UndefinedTableError):
                await connection.fetch(Statement("test.wrong", text("SELECT * FROM nothing")))
            waiting = asyncio.ensure_future(plan_codes(database))
            await asyncio.sleep(0)
        await waiting
        await plan_codes(database)
    assert reported == [
        ("test.open", 1, True),
        ("test.open", 1, False),
        ("test.wrong", None, False),
        ("billing.plans_on_sale", 2, True),
        ("billing.plans_on_sale", 2, False),
    ]


async def test_a_connection_keeps_nothing_of_who_needed_it_first(database_url: str) -> None:
    class Request:
        """Somebody who asks."""

    held: ContextVar[Request] = ContextVar("held")

    async def ask(database: Database) -> "weakref.ref[Request]":
        request = Request()
        held.set(request)
        assert await plan_codes(database) == PLAN_CODES
        return weakref.ref(request)

    async with open_database(
        database_url, replica_url=None, pool_size=1, observe=None, patience_seconds=1
    ) as database:
        left = await asyncio.create_task(ask(database))
        async with asyncio.timeout(10):
            # asyncio keeps a timer that was cancelled until it is due, here after a second.
            while left() is not None:
                gc.collect()
                await asyncio.sleep(0.05)
        assert await plan_codes(database) == PLAN_CODES, "the connection is still there"
