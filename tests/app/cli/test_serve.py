"""The server as a process: from several, until told to stop, and not one request lost."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx2
import psutil
import pytest

from clients.tls import tls_context
from tests.fixtures.peer import peer
from tests.fixtures.processes import (
    GUIDANCE,
    PATIENCE_SECONDS,
    accepts,
    served,
    until,
)
from tests.fixtures.server import SECRET


def workers_of(process: psutil.Popen) -> list[psutil.Process]:
    """The workers that live; one may end while it is looked at."""
    found = []
    for one in process.children():
        with suppress(psutil.NoSuchProcess):
            if one.status() != psutil.STATUS_ZOMBIE and "spawn_main" in " ".join(one.cmdline()):
                found.append(one)
    return found


def test_two_workers_serve_and_leave_nothing_behind(database_url: str) -> None:
    with served(database_url, "--workers", "2") as (process, client):
        assert client.get("/healthz").status_code == 200
        until(lambda: len(workers_of(process)) == 2)
        workers = workers_of(process)
        before = [worker.cpu_times().user for worker in workers]
        sent = 0

        def has_each_worker_worked() -> bool:
            nonlocal sent
            for _ in range(20):
                with httpx2.Client(
                    base_url=client.base_url, timeout=PATIENCE_SECONDS, verify=tls_context()
                ) as fresh:
                    fresh.post("/graphql", json={"query": "query Spread { plans { code } }"})
                sent += 1
            now = [worker.cpu_times().user for worker in workers]
            return all(later > earlier for earlier, later in zip(before, now, strict=True))

        until(has_each_worker_worked)
        counted = f'guidance_operations_total{{operation="untrusted",outcome="ok"}} {sent}.0'
        # The worker that is not asked tells of what it did every second.
        until(lambda: counted in client.get("/metrics").text)
        family = [process, *process.children(recursive=True)]
    gone, alive = psutil.wait_procs(family, PATIENCE_SECONDS)
    assert (len(gone), alive) == (len(family), [])


def test_a_worker_that_dies_is_replaced(database_url: str) -> None:
    with served(database_url, "--workers", "2") as (process, client):
        assert client.get("/healthz").status_code == 200
        until(lambda: len(workers_of(process)) == 2)
        killed, other = workers_of(process)
        killed.kill()
        until(lambda: len({one.pid for one in workers_of(process)} - {killed.pid, other.pid}) == 1)
        assert client.get("/healthz").status_code == 200


async def test_what_is_running_is_finished(database_url: str) -> None:
    """A request waits for a lock when the server is told to stop, and is answered."""
    answers: list[httpx2.Response] = []
    request = {"query": "query Slow { plans { code } }"}
    with served(database_url) as (process, client):
        asking = threading.Thread(
            target=lambda: answers.append(client.post("/graphql", json=request))
        )
        await stop_while_it_waits(database_url, process, client.base_url.port, asking)
        asking.join(PATIENCE_SECONDS)
        process.wait(PATIENCE_SECONDS)
    assert answers[0].json()["data"]["plans"][0] == {"code": "basic-entry"}


def test_an_open_socket_does_not_hold_up_the_end(database_url: str) -> None:
    with served(database_url) as (process, client):
        with peer(f"ws://127.0.0.1:{client.base_url.port}/graphql") as connected:
            connected.init()
            process.terminate()
            assert connected.closing() == (1012, "")
        process.wait(PATIENCE_SECONDS / 3)


async def stop_while_it_waits(
    url: str, process: psutil.Popen, port: int | None, asking: threading.Thread
) -> None:
    locking = await asyncpg.connect(url)
    watching = await asyncpg.connect(url)
    async with asyncio.timeout(PATIENCE_SECONDS), locking.transaction():
        await locking.execute("LOCK TABLE billing_plans IN ACCESS EXCLUSIVE MODE")
        asking.start()
        while not await watching.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass
        process.terminate()
        assert port is not None
        until(lambda: not accepts(port))
    await locking.close()
    await watching.close()


@pytest.mark.heavy
def test_its_own_database_ends_with_it() -> None:
    with TemporaryDirectory(prefix="guidance-") as folder:
        with served("", "--no-worker", GUIDANCE_DATA_DIR=folder) as (_, client):
            assert client.get("/readyz").status_code == 200
            running = Path(folder, "postgres", "postmaster.pid")
            assert running.exists()
        assert not running.exists()


def test_it_stops_also_when_told_while_it_starts(database_url: str) -> None:
    """Where a handler cannot raise: in a callback, while the application is imported."""
    told_while_importing = """if True:
        import signal, sys, weakref

        class Told:
            pass

        class Finder:
            def find_spec(self, name, path=None, target=None):
                if name == "app.server":
                    told = Told()
                    reference = weakref.ref(told, lambda _: signal.raise_signal(signal.SIGTERM))
                    del told

        sys.meta_path.insert(0, Finder())
        from app.cli import main
        main()
    """
    ran = subprocess.run(
        [sys.executable, "-c", told_while_importing, "serve", "--port", "0"],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert ran.returncode == 128 + signal.SIGTERM
    assert "Finished server process" in ran.stderr


def test_a_port_that_is_taken(database_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = subprocess.run(
            [GUIDANCE, "serve", "--port", str(port)],
            env={"PATH": os.environ["PATH"], "DATABASE_URL": database_url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (1, f"guidance: port {port} is taken\n")
