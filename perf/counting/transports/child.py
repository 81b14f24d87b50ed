"""`python -m perf.counting.transports.child URL FOLDER NAME…`: compares ways of requesting.

A line of JSON is written for each statement that runs more often in another way than by POST.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import uvloop

from app.logs import configure_logs
from gql.documents.trusted_documents import TrustedDocument, trusted_documents
from perf.counting.child import open_client
from perf.counting.client import InProcessClient, require_success
from perf.counting.ways import Way, as_tools, ways_of
from perf.gate.data.callers import EQUAL_PAIRS, CallerGroup
from perf.gate.execution.in_process import RunFailed
from perf.gate.scenarios.scenario import ScenarioContext
from perf.gate.scenarios.scenarios import scenarios
from perf.gate.scenarios.usual_variables import usual_variables

_CALLERS = [twice for _, twice in EQUAL_PAIRS]


async def _compare(url: str, folder: Path, names: Sequence[str]) -> None:
    documents = [trusted_documents()[name] for name in names]
    async with as_tools(url, names), open_client(url, folder, {"mcp_enabled": True}) as client:
        for document in documents:
            for said in await _said(client, document):
                sys.stdout.buffer.write(orjson.dumps({"document": document.name, **said}) + b"\n")
                sys.stdout.buffer.flush()


async def _said(client: InProcessClient, document: TrustedDocument) -> list[dict[str, object]]:
    callers = iter(_CALLERS)
    _, *others = ways_of(document, scenarios()[document.name].principal(_CALLERS[0]))
    try:
        # The first request of all fills caches.
        await _ran(client, document, Way.POST, next(callers))
        usual = await _ran(client, document, Way.POST, next(callers))
        added = {way: await _added(client, document, way, usual, callers) for way in others}
    except RunFailed as error:
        return [{"failed": str(error)}]
    return [
        {"way": way.value, "method": method, "more": more}
        for way, statements in added.items()
        for method, more in statements.items()
    ]


async def _added(
    client: InProcessClient,
    document: TrustedDocument,
    way: Way,
    usual: Counter[str],
    callers: Iterator[CallerGroup],
) -> Counter[str]:
    """The statements that run besides those of a POST, twice: some are run once a second."""
    added = await _ran(client, document, way, next(callers)) - usual
    return added and added & (await _ran(client, document, way, next(callers)) - usual)


async def _ran(
    client: InProcessClient, document: TrustedDocument, way: Way, callers: CallerGroup
) -> Counter[str]:
    """How often each repository method runs; callers have equal data, and each asks once."""
    scenario = scenarios()[document.name]
    principal = scenario.principal(callers)
    await client.warm_up(principal)
    variables = await usual_variables(document, scenario, ScenarioContext(client, callers))
    result = await client.ask(document, principal, variables, way=way)
    usage = require_success(document, result).usage
    return Counter(one.statement.name for one in usage.ran)


if __name__ == "__main__":
    url, folder, *names = sys.argv[1:]
    configure_logs(is_json=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_compare(url, Path(folder), names))
