"""How far the replica is behind, as /metrics has it: of a real standby, which is held up."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from prometheus_client import REGISTRY

from app.composition.replica_lag import measure_replica, measuring_replica_lag
from db.database import open_database
from db.replica_lag import ReplicationLag
from tests.fixtures.standby import with_standby

WRITE = "INSERT INTO users (email) VALUES (gen_random_uuid() || '@people.example')"
CAUGHT_UP = "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn"
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def pair(database_folder: Path) -> Iterator[tuple[str, str]]:
    with with_standby(database_folder) as urls:
        yield urls


def measured(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"guidance_database_replica_{name}")


@pytest.mark.heavy
def test_a_standby_that_is_held_up_is_as_far_behind_as_its_newest_transaction(
    pair: tuple[str, str],
) -> None:
    async def scenario(url: str, standby_url: str) -> None:
        primary, standby = await asyncpg.connect(url), await asyncpg.connect(standby_url)
        async with open_database(
            url, replica_url=standby_url, pool_size=2, observe=None
        ) as database:
            lag = ReplicationLag(database)
            # What is not flushed yet no replica can have.
            await primary.execute("SET synchronous_commit = on")
            await primary.execute(WRITE)
            await caught_up(primary, standby)
            await measure_replica(lag)
            assert (measured("away"), measured("behind_seconds")) == (0, 0)
            await standby.execute("SELECT pg_wal_replay_pause()")
            await primary.execute(WRITE)
            await measure_replica(lag)
            behind = measured("behind_seconds")
            assert behind is not None
            assert behind > 0
            await measure_replica(lag)
            assert (measured("behind_seconds") or 0) > behind, "and gets older"
            await standby.execute("SELECT pg_wal_replay_resume()")
            await caught_up(primary, standby)
            await measure_replica(lag)
            assert measured("behind_seconds") == 0
        await primary.close()
        await standby.close()

    async def caught_up(
        primary: "asyncpg.Connection[asyncpg.Record]",
        standby: "asyncpg.Connection[asyncpg.Record]",
    ) -> None:
        place = await primary.fetchval("SELECT pg_current_wal_lsn()::text")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await standby.fetchval(CAUGHT_UP, place):
                await asyncio.sleep(0.02)

    asyncio.run(scenario(*pair))


async def test_a_replica_that_cannot_be_reached_is_away(database_url: str) -> None:
    nowhere = "postgresql://127.0.0.1:1/nothing"
    async with open_database(
        database_url, replica_url=nowhere, pool_size=2, observe=None
    ) as database:
        await measure_replica(ReplicationLag(database))
        assert measured("away") == 1


async def test_without_a_replica_nothing_is_asked(database_url: str) -> None:
    async with open_database(database_url, replica_url=None, pool_size=1, observe=None) as database:
        before = asyncio.all_tasks()
        async with measuring_replica_lag(database):
            assert asyncio.all_tasks() == before
