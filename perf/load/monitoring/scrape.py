"""Scraping the server's /metrics, and what it counted for each repository method."""

import asyncio
from dataclasses import dataclass

import orjson

from gql.documents.registry.built_in import RESERVED
from perf.load.monitoring.exposition import Exposition, by_label, increase, read_exposition, total
from perf.load.monitoring.traced_parts import part_uses, without_jobs
from perf.load.results.report import Counts, MethodUse
from perf.servers.client import Client, Request

OPERATIONS = "guidance_operations_total"
_OK = 200
_PATIENCE_SECONDS = 10.0
_ASK_AGAIN_SECONDS = 0.05
_MARK = Request(orjson.dumps({"query": "{ __typename }"}), {})
"""An operation that runs no SQL statement."""
_TRUSTED_MARK = Request(orjson.dumps({"documentId": f"{RESERVED}Quota"}), {})
"""The same for a server in trusted mode: without a caller it runs no statement either."""
_SECONDS = "guidance_statement_seconds"
_ROWS = "guidance_statement_rows_total"
_ERRORS = "guidance_statement_errors_total"
_ONLY_GROW = ("_total", "_count", "_sum")
_WAIT = "guidance_statement_wait_seconds_total"


@dataclass(frozen=True, slots=True)
class Scrape:
    """A scrape, and how many operations the client had sent and had answered by then."""

    counted: Exposition
    answered: int
    posted: int


async def scrape(client: Client, since: Scrape | None = None) -> Scrape | None:
    """Scrape /metrics until it includes everything answered to this client since `since`.

    A server may expose counts that are a while old, and workers share theirs with a delay. So an
    operation is sent as a mark, and /metrics is scraped until the mark is counted. None if there
    are no metrics, or the mark is not counted in time.
    """
    old = await _read(client)
    if old is None:
        return None
    due = total(old, OPERATIONS) + 1
    try:
        marked = await client.post(_MARK)
        if marked.status != _OK:
            await client.post(_TRUSTED_MARK)
    except (OSError, EOFError):
        return None
    answered = client.answered
    if since is not None:
        due = max(due, total(since.counted, OPERATIONS) + answered - since.answered)
    ends = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while asyncio.get_running_loop().time() < ends:
        counted = await _read(client)
        if counted is not None and total(counted, OPERATIONS) >= due:
            return Scrape(counted, answered, client.posted)
        await asyncio.sleep(_ASK_AGAIN_SECONDS)
    return None


async def _read(client: Client) -> Exposition | None:
    try:
        response = await client.get("/metrics")
    except (OSError, EOFError):
        return None
    found = read_exposition(response.body.decode(errors="replace"))
    return found if response.status == _OK and found else None


def growth(before: Scrape | None, after: Scrape | None) -> Exposition | None:
    """The increase between two scrapes; None if it is not known (see `why_uncounted`)."""
    if before is None or after is None or why_uncounted(before, after):
        return None
    return increase(before.counted, after.counted)


def why_uncounted(before: Scrape | None, after: Scrape | None) -> str:
    """Why the increase between two scrapes says nothing about this client; empty if it does."""
    if before is None or after is None:
        return "its /metrics cannot be read, or are counted too late"
    grown = increase(before.counted, after.counted)
    if any(value < 0 for (name, _), value in grown.items() if name.endswith(_ONLY_GROW)):
        return "it was started anew meanwhile, and counts from zero"
    others = total(grown, OPERATIONS) - (after.posted - before.posted)
    if others > 0:
        return f"{others:.0f} operations of others were counted with ours"
    return ""


def method_uses(grown: Exposition) -> dict[str, MethodUse]:
    """The use of each repository method and traced part, from the increase of the metrics."""
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


def counts_between(before: Scrape | None, after: Scrape | None) -> Counts | None:
    """The counts between two scrapes; None if they are not known."""
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


def mean_use(use: MethodUse, requests: int) -> MethodUse:
    """The mean use of one of `requests` requests."""
    return MethodUse(**{name: value / requests for name, value in use})
