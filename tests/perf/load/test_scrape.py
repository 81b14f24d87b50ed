"""What a server counted is read when it is all there."""

import asyncio

import pytest

from perf.load.monitoring.scrape import counts_between, scrape
from perf.servers.client import Request, client_of
from tests.perf.load.fake_server import Faults, tiny_server

QUOTA = Request(b'{"operationName": "Quota"}', {})


@pytest.mark.parametrize("kept_readings", [0, 1, 4, 7])
def test_a_reading_has_all_that_was_sent_before(kept_readings: int) -> None:
    async def read(url: str) -> int:
        async with client_of(url) as client:
            await client.get("/metrics")
            await client.post(QUOTA)
            before = await scrape(client)
            for _ in range(5):
                await client.post(QUOTA)
            counts = counts_between(before, await scrape(client, before))
        assert counts is not None
        return counts.statements

    with tiny_server(Faults(kept_readings=kept_readings)) as (target, _):
        assert asyncio.run(read(target.url)) == 5
