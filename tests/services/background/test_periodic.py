"""Background jobs: counted, and known to be done."""

import asyncio
from time import time

import pytest
from prometheus_client import REGISTRY

from db.connections.errors import DatabaseUnavailable
from services.background.periodic import run_in_background, run_periodically
from tests.captured_logs import capture_logs


def measured(name: str, job: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"guidance_job_{name}", {"background_job": job} | labels)


@pytest.mark.parametrize("error", [ValueError("x"), DatabaseUnavailable("away")])
async def test_a_job_that_fails_is_counted_and_tried_again_and_was_not_done(
    error: Exception,
) -> None:
    name = f"failing_with_{type(error).__name__}"

    async def scenario() -> None:
        tried = asyncio.Queue[float | None]()

        async def work() -> None:
            tried.put_nowait(measured("last_success_timestamp_seconds", name))
            raise error

        started = time()
        async with run_in_background(run_periodically(work, name=name, every_seconds=0.01)):
            seen = [await tried.get() for _ in range(3)]
            assert seen[0] == seen[1] == seen[2]
            assert seen[0] is not None
            assert started <= seen[0] <= time()
            assert (measured("runs_total", name, outcome="failed") or 0) >= 2
            assert measured("runs_total", name, outcome="ok") is None

    await asyncio.wait_for(scenario(), 30)


async def test_a_job_that_is_done_says_when_and_how_often() -> None:
    async def scenario() -> None:
        done = asyncio.Semaphore(0)

        async def work() -> None:
            done.release()

        async with run_in_background(run_periodically(work, name="well", every_seconds=0.01)):
            await done.acquire()
            begun = measured("last_success_timestamp_seconds", "well")
            for _ in range(2):
                await done.acquire()
            last = measured("last_success_timestamp_seconds", "well")
            assert begun is not None
            assert last is not None
            assert last > begun
            assert (measured("runs_total", "well", outcome="ok") or 0) >= 2
            assert measured("interval_seconds", "well") == 0.01

    await asyncio.wait_for(scenario(), 30)


async def test_an_outage_is_logged_where_it_begins_and_where_it_ends() -> None:
    outcomes = iter([None, DatabaseUnavailable("away"), DatabaseUnavailable("still"), None, None])
    ended = asyncio.Event()

    async def work() -> None:
        try:
            outcome = next(outcomes)
        except StopIteration:
            ended.set()
            return
        if outcome is not None:
            raise outcome

    with capture_logs() as logs:
        async with run_in_background(run_periodically(work, name="outage", every_seconds=0.001)):
            await asyncio.wait_for(ended.wait(), 30)
    said = [event["event"] for event in logs if event.get("job") == "outage"]
    assert said == ["the database is away", "the database is back"]
