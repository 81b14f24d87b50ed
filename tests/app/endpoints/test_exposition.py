"""Metrics: at most a second old, made for one at a time, for whom they are meant."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx2
import pytest

from app.endpoints.cached_value import CachedValue
from clients.tls import tls_context
from perf.load.monitoring.exposition import read_exposition, total
from perf.load.monitoring.scrape import OPERATIONS
from perf.servers.process import free_port
from tests.fixtures.servers.processes import working_alone
from tests.fixtures.servers.server import serving, settings_for
from tests.waiting import PATIENCE_SECONDS, until

TOKEN = "a-token-of-prometheus"


@contextmanager
def client(port: int) -> Iterator[httpx2.Client]:
    address = f"http://127.0.0.1:{port}"
    with httpx2.Client(base_url=address, timeout=PATIENCE_SECONDS, verify=tls_context()) as http:
        yield http


def exposed(http: httpx2.Client) -> str:
    return http.get("/metrics").text


def operations(http: httpx2.Client) -> float:
    return total(read_exposition(exposed(http)), OPERATIONS)


async def test_all_who_ask_at_once_get_what_was_found_once() -> None:
    found = 0

    async def find() -> int:
        nonlocal found
        found += 1
        await asyncio.sleep(0)
        return found

    recent = CachedValue(find)
    gone = asyncio.create_task(recent.get())
    await asyncio.sleep(0)
    gone.cancel()
    several = await asyncio.gather(*(recent.get() for _ in range(5)))
    old = CachedValue(find, max_age_seconds=0)
    assert [*several, await recent.get(), await old.get(), await old.get()] == [
        1,
        1,
        1,
        1,
        1,
        1,
        2,
        3,
    ]


async def test_what_could_not_be_found_is_looked_for_again() -> None:
    results = [0, 1]

    async def find() -> int:
        return 1 // results.pop(0)

    recent = CachedValue(find)
    with pytest.raises(ZeroDivisionError):
        await recent.get()
    assert (await recent.get()) == 1


@pytest.mark.parametrize(("max_age_seconds", "grown"), [(60, 0), (0, 1)])
def test_what_is_exposed_is_so_old_at_most(
    world: str, tmp_path: Path, max_age_seconds: int, grown: int
) -> None:
    settings = settings_for(
        world, tmp_path, serve_runs_worker=False, metrics_max_age_seconds=max_age_seconds
    )
    with serving(settings) as api:
        before = operations(api.http)
        api.data("{ __typename }")
        assert operations(api.http) == before + grown


def test_it_can_ask_for_a_token(world: str, tmp_path: Path) -> None:
    settings = settings_for(world, tmp_path, serve_runs_worker=False, metrics_token=TOKEN)
    with serving(settings) as api:
        for wrong in ("", "Bearer x", f"Bearer {TOKEN}é"):
            refused = api.http.get("/metrics", headers={b"authorization": wrong.encode("latin-1")})
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert "guidance" not in refused.text
        answer = api.http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert (answer.status_code, "guidance_operations" in answer.text) == (200, True)
        assert answer.headers["cache-control"] == "no-store"


def test_a_worker_alone_shows_on_its_port_whether_its_jobs_are_done(own_world: str) -> None:
    port = free_port()
    with working_alone(own_world, METRICS_PORT=f"{port}"), client(port) as http:

        def done(job: str) -> bool:
            name = f'guidance_job_runs_total{{background_job="{job}",outcome="ok"}}'
            with suppress(httpx2.ConnectError):
                return name in exposed(http)
            return False

        for job in ("erase", "export", "finish_payments", "recover_replies"):
            until(partial(done, job))
