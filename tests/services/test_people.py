"""Who is there, while the database cannot say."""

import asyncio
from time import perf_counter

from db.database import open_database
from perf.chaos.outages.proxy import ProxyPath
from services.callers.people import KnownPeople
from tests.fixtures.stores.broken_path import behind_proxy
from tests.fixtures.stores.world import ADA, ALAN, GRACE

ANSWER_SECONDS = 0.6


async def test_everybody_waits_for_one_look_and_no_longer_than_it_may_take(world: str) -> None:
    requested: list[str] = []

    async with (
        behind_proxy(world) as (url, proxy),
        open_database(
            url,
            replica_url=None,
            pool_size=2,
            observe=lambda one: requested.append(one[0]),
            answer_seconds=ANSWER_SECONDS,
        ) as database,
    ):
        people = KnownPeople(database, remembered_seconds=0)
        assert await people.has(ADA)
        await proxy.set_path(ProxyPath.SWALLOWS)
        requested.clear()
        started = perf_counter()
        everybody = (people.has(one) for one in (ADA, GRACE, ALAN) * 10)
        assert all(await asyncio.gather(*everybody))
        assert perf_counter() - started < 2 * ANSWER_SECONDS
        assert requested == ["users.under_erasure"]
        await proxy.set_path(ProxyPath.OPEN)
        assert await people.has(ADA)
        assert not await people.has(404)


async def test_who_stops_waiting_breaks_off_nobody_elses_look(world: str) -> None:
    async with open_database(world, replica_url=None, pool_size=2, observe=None) as database:
        people = KnownPeople(database)
        first, second = (asyncio.ensure_future(people.has(ADA)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second
        assert first.cancelled()
