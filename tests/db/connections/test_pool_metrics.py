"""How many connections are in use, and for how long there were too few."""

import asyncio
from collections.abc import Callable

from prometheus_client import REGISTRY

from db.database import Database, open_database

PATIENCE_SECONDS = 30


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.02)


def measured(name: str) -> float:
    value = REGISTRY.get_sample_value(f"guidance_database_pool_{name}", {"pool": "primary"})
    return value or 0.0


async def test_a_pool_says_how_many_are_lent_and_how_long_others_waited(database_url: str) -> None:
    async def hold(database: Database, until: asyncio.Event) -> None:
        async with database.read():
            await until.wait()

    before = measured("exhausted_seconds_total")
    async with (
        open_database(
            database_url, replica_url=None, pool_size=2, observe=None, patience_seconds=60
        ) as database,
        asyncio.TaskGroup() as group,
    ):
        done = asyncio.Event()
        for _ in range(2):
            group.create_task(hold(database, done))
        await eventually(lambda: measured("in_use") == 2)
        assert (measured("size"), measured("waiting")) == (2, 0)
        assert measured("exhausted_seconds_total") == before
        group.create_task(hold(database, done))
        await eventually(lambda: measured("waiting") == 1)
        await eventually(lambda: measured("exhausted_seconds_total") > before + 0.2)
        done.set()
        await eventually(lambda: measured("in_use") == 0 == measured("waiting"))
