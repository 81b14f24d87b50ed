"""The load generator: sends each request when it is due, answered or not (an open loop)."""

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter

from perf.load.generator.outcomes import ANSWERED, UNANSWERED, Outcome, error, outcome_of
from perf.load.generator.samples import PROBE, Sample
from perf.load.workload.schedule import PlannedRequest
from perf.servers.client import Client, Request

_TIMEOUT_SECONDS = 10.0
"""A request that is not answered by then counts as an error with this latency."""
_OK = 200
MakeRequest = Callable[[PlannedRequest], Request]


async def run_plan(
    client: Client,
    planned: Sequence[PlannedRequest],
    make_request: MakeRequest,
    *,
    on_sample: Callable[[Sample], None] = lambda _: None,
) -> list[Sample]:
    """Send every planned request at its time, and return a sample of each once all have ended.

    No request waits for the answer to another one, so a slow server gets as many as a fast one.
    """
    started = perf_counter()
    samples: list[Sample] = []

    async def send(one: PlannedRequest) -> None:
        sent = perf_counter() - started
        outcome = await _outcome(client, one, make_request(one))
        sample = Sample(one.operation, one.stage, one.due, sent, perf_counter() - started, outcome)
        samples.append(sample)
        on_sample(sample)

    async with asyncio.TaskGroup() as group:
        for one in planned:
            wait = one.due - (perf_counter() - started)
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(send(one))
    return samples


async def _outcome(client: Client, one: PlannedRequest, request: Request) -> Outcome:
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            if one.operation == PROBE:
                probed = await client.get("/readyz")
                return ANSWERED if probed.status == _OK else error(f"HTTP {probed.status}")
            response = await client.post(request)
    except TimeoutError:
        return error("no answer in time")
    except (OSError, EOFError, ValueError):
        return UNANSWERED
    return outcome_of(response.status, response.body, accepts=request.accepts)
