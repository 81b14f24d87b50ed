"""Background jobs that run periodically for as long as the process lives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog

from db.connections.errors import DatabaseUnavailable
from metrics.jobs import job_done, job_failed, job_scheduled, record_job_time
from spans.current import within_job
from spans.exported_jobs import exported
from spans.part import Kind, Part
from spans.trace import Trace
from spans.tracer import traced

# Any, in this module: only the event loop sees what coroutines yield.
T = TypeVar("T")
_log = structlog.get_logger("guidance.periodic")


@asynccontextmanager
async def run_in_background(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Run `work` in the background for the block; leaving cancels it and waits for its end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def run_periodically(
    work: Callable[[], Coroutine[Any, Any, None]],
    *,
    name: str,
    every_seconds: float,
    first_after_seconds: float | None = None,
) -> None:
    """Run `work` forever, waiting `every_seconds` before each run; a failed run does not end it.

    `first_after_seconds` replaces the first wait. The log and the metrics call the job `name`. That
    the database is away is logged once until it is back.
    """
    job_scheduled(name, every_seconds)
    wait_seconds = every_seconds if first_after_seconds is None else first_after_seconds
    is_away = False
    while True:
        await asyncio.sleep(wait_seconds)
        wait_seconds = every_seconds
        try:
            await run_job(name, work())
        except DatabaseUnavailable as error:
            job_failed(name)
            if not is_away:
                _log.warning("the database is away", job=name, reason=str(error))
            is_away = True
        except Exception:  # noqa: BLE001 - the next run may succeed
            job_failed(name)
            _log.exception("failed, and will be tried again", job=name)
        else:
            job_done(name)
            if is_away:
                _log.info("the database is back", job=name)
            is_away = False


async def run_job(name: str, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` once as the job `name`: its time is attributed to the job, not to a request."""
    trace = Trace(Part(Kind.JOB, name))
    with within_job(name), exported(trace):
        try:
            return await traced(trace, work)
        finally:
            record_job_time(name, trace.finish())
