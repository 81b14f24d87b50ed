"""Reads of a replica that cannot be reached are the primary's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

import pytest

from db.database import Database, open_database
from perf.chaos.outages.proxy import Proxy, ProxyPath
from tests.db.plan_statements import ADD_PLAN, PLAN_CODES, plan_codes
from tests.fixtures.stores.broken_path import behind_proxy
from tests.fixtures.stores.postgres import new_database, run

ANSWER_SECONDS = 0.6


@asynccontextmanager
async def with_replica(url: str, replica_url: str) -> AsyncIterator[tuple[Database, Proxy]]:
    """A database whose replica, by way of the proxy, has a plan that the primary has not."""
    await run(replica_url, ADD_PLAN)
    async with (
        behind_proxy(replica_url) as (through, proxy),
        open_database(
            url,
            replica_url=through,
            pool_size=2,
            observe=None,
            answer_seconds=ANSWER_SECONDS,
        ) as database,
    ):
        assert await plan_codes(database) == ["late", *PLAN_CODES]
        assert database.replica_state == "ok"
        yield database, proxy


@pytest.mark.parametrize("path", [ProxyPath.REFUSES, ProxyPath.RESETS])
def test_a_replica_that_goes_away_is_not_noticed(
    postgres: str, template: str, database_url: str, path: ProxyPath
) -> None:
    async def scenario(replica_url: str) -> None:
        async with with_replica(database_url, replica_url) as (database, proxy):
            await proxy.set_path(path)
            started = perf_counter()
            for _ in range(5):
                assert await plan_codes(database) == PLAN_CODES
            assert perf_counter() - started < ANSWER_SECONDS
            assert database.replica_state == "away: the primary is read"

    with new_database(postgres, template) as replica_url:
        asyncio.run(scenario(replica_url))


def test_a_replica_that_is_silent_is_found_out_once(
    postgres: str, template: str, database_url: str
) -> None:
    async def scenario(replica_url: str) -> None:
        async with with_replica(database_url, replica_url) as (database, proxy):
            await proxy.set_path(ProxyPath.SWALLOWS)
            answers = await asyncio.gather(
                *(plan_codes(database) for _ in range(3)), return_exceptions=True
            )
            assert PLAN_CODES in answers
            started = perf_counter()
            assert await plan_codes(database) == PLAN_CODES
            assert perf_counter() - started < ANSWER_SECONDS / 2

    with new_database(postgres, template) as replica_url:
        asyncio.run(scenario(replica_url))
