"""Work that is done again and again while the process lives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog

from db.unavailable import DatabaseUnavailable
from metrics.jobs import job_done, job_failed, job_scheduled, note_job
from spans.current import within_job
from spans.part import Kind, Part
from spans.trace import Trace
from spans.tracer import traced

# Any, in this module: what coroutines yield concerns the event loop alone.
T = TypeVar("T")
_log = structlog.get_logger("guidance.periodic")


@asynccontextmanager
async def running(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Do `work` while the block lasts; leaving breaks it off and waits until it has ended."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def repeat(
    work: Callable[[], Coroutine[Any, Any, None]],
    *,
    name: str,
    every_seconds: float,
    first_after_seconds: float | None = None,
) -> None:
    """Do the job `name` for ever, with a pause before each time; one that fails does not end it.

    The first pause may be another than `every_seconds`. The log and the metrics call it `name`.
    """
    job_scheduled(name, every_seconds)
    pause_seconds = every_seconds if first_after_seconds is None else first_after_seconds
    while True:
        await asyncio.sleep(pause_seconds)
        pause_seconds = every_seconds
        try:
            await job(name, work())
        except DatabaseUnavailable as error:
            job_failed(name)
            _log.warning("the database is away", job=name, reason=str(error))
        except Exception:  # noqa: BLE001 - the next time may be better
            job_failed(name)
            _log.exception("failed, and will be tried again", job=name)
        else:
            job_done(name)


async def job(name: str, work: Coroutine[Any, Any, T]) -> T:
    """Do `work` once as the job `name`: what it takes is counted as its own, and no request's."""
    trace = Trace(Part(Kind.JOB, name))
    try:
        with within_job(name):
            return await traced(trace, work)
    finally:
        note_job(name, trace.finish())
