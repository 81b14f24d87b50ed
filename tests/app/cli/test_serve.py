"""The server as a process, until it is terminated; no request is lost."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx2
import psutil
import pytest

from tests.fixtures.clients.peer import peer
from tests.fixtures.servers.processes import (
    GUIDANCE,
    PATIENCE_SECONDS,
    accepts,
    served,
    until,
)
from tests.fixtures.servers.server import SECRET


async def test_what_is_running_is_finished_and_an_open_socket_is_closed(database_url: str) -> None:
    """A request waits for a lock when the server is terminated, and is answered."""
    answers: list[httpx2.Response] = []
    request = {"query": "query Slow { plans { code } }"}
    with served(database_url) as (process, client):
        port = client.base_url.port
        with peer(f"ws://127.0.0.1:{port}/graphql") as connected:
            connected.init()
            asking = threading.Thread(
                target=lambda: answers.append(client.post("/graphql", json=request))
            )
            await stop_while_it_waits(database_url, process, port, asking)
            assert connected.closing() == (1012, "")
        asking.join(PATIENCE_SECONDS)
        process.wait(PATIENCE_SECONDS)
    assert answers[0].json()["data"]["plans"][0] == {"code": "basic-entry"}


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


def test_it_stops_also_when_terminated_while_it_starts(database_url: str) -> None:
    """Where a handler cannot raise: in a callback, while the application is imported."""
    terminated_while_importing = """if True:
        import signal, sys, weakref

        class Collected:
            pass

        class Finder:
            def find_spec(self, name, path=None, target=None):
                if name == "app.server":
                    one = Collected()
                    reference = weakref.ref(one, lambda _: signal.raise_signal(signal.SIGTERM))
                    del one

        sys.meta_path.insert(0, Finder())
        from app.cli import main
        main()
    """
    ran = subprocess.run(
        [sys.executable, "-c", terminated_while_importing, "serve", "--port", "0"],
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
