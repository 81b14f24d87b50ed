"""What the server counted, by repository method."""

from perf.load.exposition import Exposition, by_label, increase, read_exposition, total
from perf.load.generator import Client
from perf.load.result import Counts, MethodUse

_OK = 200
_SECONDS = "guidance_statement_seconds"
_ROWS = "guidance_statement_rows_total"
_ERRORS = "guidance_statement_errors_total"
_WAIT = "guidance_statement_wait_seconds_total"


async def scrape(client: Client) -> Exposition | None:
    """What /metrics has now; None where there is nothing to read."""
    response = await client.get("/metrics")
    found = read_exposition(response.body.decode(errors="replace"))
    return found if response.status == _OK and found else None


def method_uses(grown: Exposition) -> dict[str, MethodUse]:
    """What each method did, from what the metrics have grown by."""
    calls = by_label(grown, f"{_SECONDS}_count", "method")
    seconds = by_label(grown, f"{_SECONDS}_sum", "method")
    rows, errors, waits = (by_label(grown, name, "method") for name in (_ROWS, _ERRORS, _WAIT))
    return {
        method: MethodUse(
            calls=count,
            rows=rows.get(method, 0),
            errors=errors.get(method, 0),
            wait_seconds=waits.get(method, 0),
            database_seconds=seconds.get(method, 0),
        )
        for method, count in sorted(calls.items())
    }


def counts_between(before: Exposition | None, after: Exposition | None) -> Counts | None:
    """What was counted between two readings."""
    if before is None or after is None:
        return None
    grown = increase(before, after)
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
