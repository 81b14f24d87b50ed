"""Time by part of traced requests, and by background job."""

from collections.abc import Iterator, Mapping

from perf.load.monitoring.exposition import Exposition, by_labels
from perf.load.results.report import MethodUse

TRACED = {"traceparent": f"00-{'1' * 32}-{'1' * 16}-01"}
"""A header by which the server traces a request."""
_PARTS, _SECONDS = "guidance_part_total", "guidance_part_seconds_total"
_JOB_RUNS, _JOB_SECONDS = "guidance_job_runs_total", "guidance_job_seconds_total"
_JOB_STATEMENTS = "guidance_job_statements_total"
_JOB_STATEMENT_SECONDS = "guidance_job_statement_seconds_total"
JOB = "job"
_NOTHING = MethodUse(calls=0, rows=0, errors=0, wait_seconds=0, database_seconds=0)


def part_uses(grown: Exposition) -> dict[str, MethodUse]:
    """The use of each part, by `kind name`; it has times but no statements."""
    found = {}
    for name, times, seconds in (*_parts(grown), *_jobs(grown)):
        taken = {"traced_times": times, "traced_seconds": seconds}
        found[name] = _NOTHING.model_copy(update=taken)
    return found


def without_jobs(methods: Mapping[str, MethodUse], grown: Exposition) -> dict[str, MethodUse]:
    """The use of repository methods by requests, without that by background jobs."""
    statements = by_labels(grown, _JOB_STATEMENTS, "method")
    seconds = by_labels(grown, _JOB_STATEMENT_SECONDS, "method")
    left = {}
    for method, use in methods.items():
        calls = use.calls - statements.get((method,), 0.0)
        if calls > 0:
            taken = max(0.0, use.database_seconds - seconds.get((method,), 0.0))
            left[method] = use.model_copy(update={"calls": calls, "database_seconds": taken})
    return left


def _parts(grown: Exposition) -> Iterator[tuple[str, float, float]]:
    times, seconds = (by_labels(grown, name, "kind", "name") for name in (_PARTS, _SECONDS))
    for (kind, name), taken in sorted(seconds.items()):
        yield f"{kind} {name}", times.get((kind, name), 0.0), taken


def _jobs(grown: Exposition) -> Iterator[tuple[str, float, float]]:
    runs, seconds = (by_labels(grown, name, "background_job") for name in (_JOB_RUNS, _JOB_SECONDS))
    for (job,), taken in sorted(seconds.items()):
        yield f"{JOB} {job}", runs.get((job,), 0.0), taken
