"""`python -m perf.counting.memory.child URL FOLDER WAY REQUESTS NAME…`: finds memory leaks.

The documents are requested alternately, and a line of JSON is written for each leak.
"""

import asyncio
import sys
import tracemalloc
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import orjson
import uvloop

from app.logs import configure_logs
from gql.documents.trusted_documents import trusted_documents
from perf.counting.child import open_client
from perf.counting.client import InProcessClient
from perf.counting.memory.leaks import Leak, MeasurementHalf, MemoryByPlace, leaks, traced_memory
from perf.counting.memory.measurement import generates_reply
from perf.counting.ways import Way, as_tools
from perf.gate.data.callers import EQUAL_PAIRS
from perf.gate.execution.in_process import RunFailed
from perf.gate.scenarios.scenario import ScenarioContext
from perf.gate.scenarios.scenarios import scenarios
from perf.gate.scenarios.usual_variables import usual_variables
from streams.memory import ENDED_SECONDS

_CALLERS = EQUAL_PAIRS[0][0]
_WARM_UP = 0.25
"""Warm-up requests as a share of those measured: caches fill, and code is specialised."""
_SETTINGS = {"graphql_trace_share": 0.5, "database_pool_size": 1, "mcp_enabled": True}
"""What has to fill has done so in the warm-up.

Traced requests and others come for each document; as few as in production would make the metrics of
their parts later. Each database connection has its prepared statements, and holds its last rows.
"""
_FRAMES, _DEEP_FRAMES = 1, 12
"""Stack frames recorded for each allocation. Deep stacks are slow, and only used to locate a leak.
"""


async def _measure(url: str, folder: Path, way: Way, requests: int, names: Sequence[str]) -> None:
    """What grows a second time is a leak, located by deep stacks."""
    asked = names if way is Way.TOOL else ()
    async with as_tools(url, asked), open_client(url, folder, _SETTINGS) as client:
        await _ask(client, way, names, int(_WARM_UP * requests))
        found = await _leaks(client, way, names, requests // 2, _FRAMES)
        if found:
            found = await _leaks(client, way, names, requests // 2, _DEEP_FRAMES)
        for leak in found:
            sys.stdout.buffer.write(orjson.dumps(asdict(leak)) + b"\n")


async def _leaks(
    client: InProcessClient, way: Way, names: Sequence[str], half: int, frames: int
) -> list[Leak]:
    tracemalloc.start(frames)
    await _ask(client, way, names, len(names))
    held = [await _held(names)]
    for _ in range(2):
        await _ask(client, way, names, half)
        held.append(await _held(names))
    tracemalloc.stop()
    before, between, after = held
    return list(leaks(before, between, after, MeasurementHalf(half, len(names))))


async def _held(names: Sequence[str]) -> MemoryByPlace:
    """The memory still held after the streams of completed replies have expired."""
    documents = trusted_documents()
    if any(generates_reply(documents[name]) for name in names):
        await asyncio.sleep(ENDED_SECONDS + 1)
    return traced_memory()


async def _ask(client: InProcessClient, way: Way, names: Sequence[str], requests: int) -> None:
    """Send the documents alternately, each over a connection of its own.

    Those that work only once are refused later.
    """
    documents, context = trusted_documents(), ScenarioContext(client, _CALLERS)
    for number in range(requests):
        document = documents[names[number % len(names)]]
        scenario = scenarios()[document.name]
        client.reconnect()
        with suppress(RunFailed):
            variables = await usual_variables(document, scenario, context)
            await client.ask(document, scenario.principal(_CALLERS), variables, way=way)
        await client.wait_for_replies()


if __name__ == "__main__":
    url, folder, way, requests, *names = sys.argv[1:]
    configure_logs(is_json=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_measure(url, Path(folder), Way(way), int(requests), names))
