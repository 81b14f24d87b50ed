"""The bounds answer as the server does, or the comparison would be of different things."""

import asyncio

import asyncpg
import orjson
import pytest

from perf.benchmarks.bounds import ANSWERS
from perf.benchmarks.operations import OPERATIONS, Operation
from tests.fixtures.server import Api
from tests.fixtures.world import ADA, EDITH, MARY, NOW


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
@pytest.mark.parametrize("bound", ["rows", "json"])
@pytest.mark.parametrize("viewer", [ADA, EDITH, MARY])
def test_a_bound_answers_as_the_server_does(
    api: Api, world: str, bound: str, viewer: int, operation: Operation
) -> None:
    async def by_hand() -> bytes:
        async with asyncpg.create_pool(
            world, min_size=1, max_size=1, server_settings={"timezone": "UTC"}
        ) as pool:
            return await ANSWERS[bound, operation.name.replace(" ", "-")](pool, viewer, NOW)

    assert orjson.loads(asyncio.run(by_hand()))["data"] == api.data(
        operation.document, viewer=viewer
    )
