"""Writes that are one statement: committed with the answer, or known to be unknown."""

import pytest
from sqlalchemy import Text, bindparam, text

from db.connections.errors import DatabaseUnavailable, OutcomeUnknown
from db.database import Database
from db.request_scope import RequestScope
from db.statement import Statement
from perf.chaos.outages.proxy import Proxy, ProxyPath
from tests.db.connections.broken_sessions import BEATEN_ONCE, FAILING_AT_COMMIT, end_all, play, warm
from tests.db.plan_statements import ADD_PLAN, PLAN_CODES, plan_codes
from tests.fixtures.stores.postgres import run

ADD = Statement(
    "test.add_plan",
    text(ADD_PLAN.replace("'late'", ":code")).bindparams(bindparam("code", type_=Text)),
)
REFUSE_LATER = """CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF NEW.code = 'later' THEN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END IF;
  RETURN NEW; END$$"""


async def add(database: Database, *codes: str) -> None:
    async with database.write() as connection:
        for code in codes or ("late",):
            await connection.fetch(ADD, code=code)


def test_what_is_answered_is_committed(database_url: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        with RequestScope() as scope:
            await add(database)
            assert scope.has_changed
            assert scope.statements == ["test.add_plan"]
        assert await plan_codes(database) == ["late", *PLAN_CODES]

    play(database_url, scenario)


@pytest.mark.parametrize("has_happened", [True, False])
def test_what_is_not_answered_is_unknown(database_url: str, *, has_happened: bool) -> None:
    async def scenario(database: Database, proxy: Proxy) -> None:
        await warm(database)
        proxy.delivers_marker, proxy.silence_marker = has_happened, b"late"
        with RequestScope() as scope:
            with pytest.raises(OutcomeUnknown):
                await add(database)
            assert scope.has_changed
        proxy.silence_marker = None
        assert await plan_codes(database) == (["late"] if has_happened else []) + PLAN_CODES

    play(database_url, scenario)


def test_what_is_cut_off_is_unknown(database_url: str) -> None:
    async def scenario(database: Database, proxy: Proxy) -> None:
        await warm(database)
        await add(database, "early")
        await proxy.set_path(ProxyPath.CUTS)
        with pytest.raises(OutcomeUnknown):
            await add(database)
        await proxy.set_path(ProxyPath.OPEN)
        assert await plan_codes(database) == ["early", "late", *PLAN_CODES]

    play(database_url, scenario)


def test_what_cannot_be_sent_has_not_happened(database_url: str) -> None:
    async def scenario(database: Database, proxy: Proxy) -> None:
        await proxy.set_path(ProxyPath.REFUSES)
        with RequestScope() as scope:
            with pytest.raises(DatabaseUnavailable) as reported:
                await add(database)
            assert not isinstance(reported.value, OutcomeUnknown)
            assert not scope.has_changed
        await proxy.set_path(ProxyPath.OPEN)
        assert await plan_codes(database) == PLAN_CODES

    play(database_url, scenario)


def test_sessions_that_have_ended_are_not_noticed(database_url: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        for number in range(3):
            await warm(database)
            await end_all(database_url)
            with RequestScope() as scope:
                await add(database, f"l{number}")
                assert scope.has_changed
        assert await plan_codes(database) == ["l0", "l1", "l2", *PLAN_CODES]

    play(database_url, scenario)


def test_a_refusal_at_the_commit_has_changed_nothing(database_url: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        await run(
            database_url,
            FAILING_AT_COMMIT,
            "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON billing_plans"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION failing_late()",
        )
        with RequestScope() as scope:
            with pytest.raises(DatabaseUnavailable, match="no room") as reported:
                await add(database)
            assert not isinstance(reported.value, OutcomeUnknown)
            assert not scope.has_changed
        assert await plan_codes(database) == PLAN_CODES

    play(database_url, scenario)


def test_what_was_stored_before_a_refusal_is_kept(database_url: str) -> None:
    async def scenario(database: Database, _proxy: Proxy) -> None:
        await run(
            database_url,
            REFUSE_LATER,
            "CREATE TRIGGER late BEFORE INSERT ON billing_plans"
            " FOR EACH ROW EXECUTE FUNCTION refuse_late()",
        )
        with RequestScope() as scope:
            with pytest.raises(DatabaseUnavailable, match="no room"):
                await add(database, "late", "later")
            assert scope.has_changed
        assert await plan_codes(database) == ["late", *PLAN_CODES]

    play(database_url, scenario)


def test_who_gives_way_to_another_does_it_again(database_url: str) -> None:
    beaten = Statement("test.beaten", text(ADD_PLAN.replace("1, 'EUR'", "beaten_once(), 'EUR'")))

    async def scenario(database: Database, _proxy: Proxy) -> None:
        await run(database_url, "CREATE SEQUENCE times", BEATEN_ONCE)
        with RequestScope() as scope:
            async with database.write() as connection:
                await connection.fetch(beaten)
            assert scope.has_changed
        assert await plan_codes(database) == ["late", *PLAN_CODES]

    play(database_url, scenario)
