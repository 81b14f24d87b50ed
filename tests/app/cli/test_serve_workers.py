"""The server in two processes: both serve, are counted together, and are replaced when they die."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
import pytest

from app.cli.serve import report_without_redis
from clients.tls import tls_context
from perf.servers.process import free_port
from tests.captured_logs import capture_logs
from tests.fixtures.servers.processes import PATIENCE_SECONDS, served, until
from tests.fixtures.servers.server import settings_for
from tests.fixtures.stores.postgres import new_database

ANSWERED = 'guidance_operations_total{{operation="untrusted",outcome="ok"}} {}.0'


@dataclass(frozen=True, slots=True)
class TwoWorkers:
    """A server with two worker processes, a client of it, and one of its port for metrics."""

    process: psutil.Popen
    http: httpx2.Client
    metrics: httpx2.Client

    def workers(self) -> list[psutil.Process]:
        """The workers that live; one may end while it is looked at."""
        found = []
        for one in self.process.children():
            with suppress(psutil.NoSuchProcess):
                if one.status() != psutil.STATUS_ZOMBIE and "spawn_main" in " ".join(one.cmdline()):
                    found.append(one)
        return found


@pytest.fixture(scope="module")
def server(postgres: str, template: str) -> Iterator[TwoWorkers]:
    """The server of this module, of which nothing is left behind."""
    port = free_port()
    with (
        new_database(postgres, template) as url,
        httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS, verify=tls_context()
        ) as metrics,
    ):
        with served(url, "--workers", "2", METRICS_PORT=f"{port}") as (process, http):
            yield TwoWorkers(process, http, metrics)
            family = [process, *process.children(recursive=True)]
        gone, alive = psutil.wait_procs(family, PATIENCE_SECONDS)
        assert (len(gone), alive) == (len(family), [])


def test_both_serve_and_a_port_of_its_own_shows_what_both_did(server: TwoWorkers) -> None:
    assert server.http.get("/healthz").status_code == 200
    until(lambda: len(server.workers()) == 2)
    workers = server.workers()
    before = [worker.cpu_times().user for worker in workers]
    sent = 0

    def has_each_worker_worked() -> bool:
        nonlocal sent
        for _ in range(20):
            with httpx2.Client(
                base_url=server.http.base_url, timeout=PATIENCE_SECONDS, verify=tls_context()
            ) as fresh:
                fresh.post("/graphql", json={"query": "query Spread { plans { code } }"})
            sent += 1
        now = [worker.cpu_times().user for worker in workers]
        return all(later > earlier for earlier, later in zip(before, now, strict=True))

    until(has_each_worker_worked)
    # The worker that is not asked stores every second what it did.
    until(lambda: ANSWERED.format(sent) in server.metrics.get("/metrics").text)
    assert server.metrics.get("/metrics").headers["cache-control"] == "no-store"
    assert server.metrics.get("/graphql").status_code == 404
    assert server.http.get("/metrics").status_code == 404


def test_a_worker_that_dies_is_replaced(server: TwoWorkers) -> None:
    until(lambda: len(server.workers()) == 2)
    killed, other = server.workers()
    killed.kill()
    until(lambda: len({one.pid for one in server.workers()} - {killed.pid, other.pid}) == 1)
    assert server.http.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("workers", "redis_url", "count"),
    [(2, None, 1), (1, None, 0), (2, "redis://127.0.0.1:1", 0)],
)
def test_several_processes_without_redis_are_warned_of(
    tmp_path: Path, workers: int, redis_url: str | None, count: int
) -> None:
    settings = settings_for("postgresql://127.0.0.1:1/none", tmp_path, redis_url=redis_url)
    with capture_logs() as logs:
        report_without_redis(settings, workers)
    assert [one["event"] for one in logs] == ["several processes serve without REDIS_URL"] * count
