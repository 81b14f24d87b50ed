"""The benchmark of execution alone measures what it says."""

import asyncio

import orjson
from graphql import ExecutionResult

from app.graphql.writing import written
from gql.build import core_schema
from gql.documents.limits import Limits
from gql.documents.prepare import Preparation
from gql.runtime.run import coerced, run
from perf.benchmarks.memory import new_context
from perf.benchmarks.operations import PAGE_WITH_MESSAGES

CORE = core_schema()


def test_the_rows_in_memory_answer_the_operation() -> None:
    preparation = Preparation(
        CORE, limits=Limits(tokens=1_000, depth=15, aliases=10), allows_introspection=False
    )
    operation = preparation.only_operation(PAGE_WITH_MESSAGES.document)

    async def answer() -> ExecutionResult:
        values = coerced(CORE, operation, None)
        return await run(CORE, operation, values, new_context())

    result = asyncio.run(answer())
    assert result.errors is None
    assert result.data is not None
    data = orjson.loads(written(result.data))
    edges = data["viewer"]["conversations"]["edges"]
    assert [len(edge["node"]["messages"]["edges"]) for edge in edges] == [10] * 20
    assert edges[0]["node"]["messages"]["edges"][0]["node"]["createdAt"] == (
        "2026-02-20T09:30:00.123456Z"
    )
