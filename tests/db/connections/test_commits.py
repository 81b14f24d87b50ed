"""What is known of a transaction whose commit failed, or was not answered."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text

from db.connections.errors import DatabaseUnavailable, OutcomeUnknown, SessionLost
from db.database import Database
from db.request_scope import RequestScope
from db.statement import Statement
from perf.chaos.outages.proxy import Proxy
from tests.db.connections.broken_sessions import (
    BEATEN_ONCE,
    FAILING_AT_COMMIT,
    play,
)
from tests.db.connections.interrupted_statements import (
    ADD,
    add_plan,
)
from tests.db.plan_statements import PLAN_CODES, backend_of, end, plan_codes
from tests.fixtures.stores.postgres import rows_of, run


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
        with pytest.raises(DatabaseUnavailable) as reported:
            await lose(database)
        assert not isinstance(reported.value, OutcomeUnknown)
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


def test_a_commit_for_which_there_is_no_room_has_not_happened(database_url: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        await run(
            database_url,
            FAILING_AT_COMMIT,
            "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON billing_plans"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION failing_late()",
        )
        with RequestScope() as scope:
            with pytest.raises(DatabaseUnavailable, match="no room") as reported:
                await add_plan(database)
            assert not isinstance(reported.value, OutcomeUnknown)
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
