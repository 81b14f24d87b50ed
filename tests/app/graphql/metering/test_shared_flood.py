"""A flood over many connections to two instances: their budget is still shared, and exact."""

import asyncio
import re
from collections import Counter
from pathlib import Path
from time import monotonic

import orjson
from redis import Redis

from perf.servers.connection import connected, encode_post
from tests.app.graphql.budgeted_callers import PLANS, server
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.redis import ControlledRedis

CONNECTIONS = 60
"""Of each instance; each sends several calls."""
CALLS = 10
COST = 2
"""What comes of a call, of which five times as much is requested first and given back."""
CAPACITY = 1_000


def test_budgets_stay_in_redis_during_a_flood(
    world: str, tmp_path: Path, redis: ControlledRedis
) -> None:
    settings = {
        "redis_url": redis.url,
        "graphql_max_cost": 40,
        "graphql_address_budget": CAPACITY,
        "graphql_address_restore_rate": 1,
    }
    with server(world, tmp_path, **settings) as one, server(world, tmp_path, **settings) as other:
        before = fallbacks(one)
        started = monotonic()
        statuses = asyncio.run(flood([one, other]))
        assert sum(statuses.values()) == 2 * CONNECTIONS * CALLS
        assert set(statuses) == {200, 429}
        assert fallbacks(one) == before
    # Leaving the servers has given everything back.
    with Redis.from_url(redis.url) as client:
        (bucket,) = client.keys("guidance:budget:*")
        left = float(client.hget(bucket, "units"))
    restored = monotonic() - started
    assert CAPACITY <= COST * statuses[200] + left <= CAPACITY + restored


async def flood(apis: list[Api]) -> Counter[int]:
    """Ask over many connections at once, and count the statuses."""
    statuses: Counter[int] = Counter()

    async def ask(api: Api) -> None:
        port = api.http.base_url.port
        assert port is not None
        call = encode_post("/graphql", orjson.dumps({"query": PLANS}))
        async with connected(port) as wire:
            for _ in range(CALLS):
                wire.writer.write(call)
                statuses[(await wire.response()).status] += 1

    await asyncio.gather(*(ask(api) for api in apis for _ in range(CONNECTIONS)))
    return statuses


def fallbacks(api: Api) -> list[str]:
    """How often anything had to do without Redis, as the metrics of the instance have it."""
    exposed = api.http.get("/metrics").text
    return re.findall(r"^guidance_keyvalue_(?:fallbacks|errors)_total.*", exposed, re.MULTILINE)
