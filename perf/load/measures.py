"""What the server counted, by repository method."""

import asyncio
from dataclasses import dataclass

import orjson

from perf.load.exposition import Exposition, by_label, increase, read_exposition, total
from perf.load.generator import Client, Request
from perf.load.parts import part_uses, without_jobs
from perf.load.result import Counts, MethodUse

OPERATIONS = "guidance_operations_total"
_OK = 200
_PATIENCE_SECONDS = 10.0
_ASK_AGAIN_SECONDS = 0.05
_MARK = Request(orjson.dumps({"query": "{ __typename }"}), {})
"""An operation without a statement."""
_SECONDS = "guidance_statement_seconds"
_ROWS = "guidance_statement_rows_total"
_ERRORS = "guidance_statement_errors_total"
_WAIT = "guidance_statement_wait_seconds_total"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a server has counted, and how many operations its client had seen answered by then."""

    counted: Exposition
    answered: int


async def scrape(client: Client, since: Reading | None = None) -> Reading | None:
    """What /metrics has when everything is in it that the client was answered since `since`.

    A server gives what it wrote a while ago, and workers hear late of each other: an operation is
    sent as a mark, and it is read until that, and what came before, is counted. None where there
    is nothing to read, or it is not counted in time.
    """
    old = await _read(client)
    if old is None:
        return None
    due = total(old, OPERATIONS) + 1
    await client.post(_MARK)
    answered = client.answered
    if since is not None:
        due = max(due, total(since.counted, OPERATIONS) + answered - since.answered)
    ends = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while asyncio.get_running_loop().time() < ends:
        counted = await _read(client)
        if counted is not None and total(counted, OPERATIONS) >= due:
            return Reading(counted, answered)
        await asyncio.sleep(_ASK_AGAIN_SECONDS)
    return None


async def _read(client: Client) -> Exposition | None:
    response = await client.get("/metrics")
    found = read_exposition(response.body.decode(errors="replace"))
    return found if response.status == _OK and found else None


def growth(before: Reading | None, after: Reading | None) -> Exposition | None:
    """By how much what was counted has grown, where both could be read."""
    return None if before is None or after is None else increase(before.counted, after.counted)


def method_uses(grown: Exposition) -> dict[str, MethodUse]:
    """What each method and each other part did, from what the metrics have grown by."""
    calls = by_label(grown, f"{_SECONDS}_count", "method")
    seconds = by_label(grown, f"{_SECONDS}_sum", "method")
    rows, errors, waits = (by_label(grown, name, "method") for name in (_ROWS, _ERRORS, _WAIT))
    methods = {
        method: MethodUse(
            calls=count,
            rows=rows.get(method, 0),
            errors=errors.get(method, 0),
            wait_seconds=waits.get(method, 0),
            database_seconds=seconds.get(method, 0),
        )
        for method, count in sorted(calls.items())
    }
    return without_jobs(methods, grown) | part_uses(grown)


def counts_between(before: Reading | None, after: Reading | None) -> Counts | None:
    """What was counted between two readings."""
    grown = growth(before, after)
    if grown is None:
        return None
    methods = method_uses(grown)
    return Counts(
        statements=round(sum(use.calls for use in methods.values())),
        cache_hits=round(total(grown, "guidance_cache_hits_total")),
        cache_misses=round(total(grown, "guidance_cache_misses_total")),
        model_attempts=round(total(grown, "guidance_generation_attempts_total")),
        retries=round(total(grown, "guidance_retry_backoff_total")),
        methods=methods,
    )


def share_of(use: MethodUse, requests: int) -> MethodUse:
    """What one of so many requests used."""
    return MethodUse(**{name: value / requests for name, value in use})
