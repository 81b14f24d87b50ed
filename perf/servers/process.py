"""Servers started as child processes, pinned to cores, and stopped."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import TypeAlias

import psutil

OURS = "guidance-api"
TWO_WORKERS = "guidance-api in two processes"
WITH_WORKER = "guidance serve"
WORKER = "guidance worker"
STOCK = "stock Strawberry"
RELAY = "bare relay"
_START_SECONDS = 90
PRODUCTION = {
    "APP_ENV": "production",
    "CHAT_LLM_BASE_URL": "http://127.0.0.1:9/v1",
    "PAYMENTS_PROVIDER": "sandbox",
    "CHAT_TITLES": "false",
}
"""Production settings with an unreachable model and sandbox payments: only the database works."""
_COMMAND = ("-c", "from app.cli import main; main()")
_SERVE = (*_COMMAND, "serve")
_OURS = (*_SERVE, "--no-worker")
_UVICORN = ("-m", "uvicorn", "--no-access-log", "--log-level", "warning")
_COMMANDS = {
    OURS: _OURS,
    WITH_WORKER: _SERVE,
    WORKER: (*_COMMAND, "worker"),
    TWO_WORKERS: (*_OURS, "--workers", "2"),
    STOCK: (*_UVICORN, "perf.benchmarks.references.stock_strawberry:app"),
    RELAY: (*_UVICORN, "perf.benchmarks.references.bare_relay:app"),
}


class ServerNotStarted(Exception):
    """The process ended, or did not listen in time."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    name: str
    port: int
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Processor time since it started, including its workers."""
        processes = (self.process, *self.process.children())
        return sum(times.user + times.system for times in (one.cpu_times() for one in processes))

    def resident_bytes(self) -> int:
        """Its resident memory."""
        return int(self.process.memory_info().rss)


Cores: TypeAlias = Sequence[int] | None
"""Processor cores reserved for a server; None if it shares all of them."""


def reserve_cores(count: int = 1, *, keeping: int = 1) -> Cores:
    """Move this process and its children off the first `count` cores, and return those.

    None, without any effect, if fewer than `keeping` cores would be left.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < count + keeping:
        return None
    os.sched_setaffinity(0, cores[count:])
    return cores[:count]


@contextmanager
def running_process(
    name: str,
    environment: dict[str, str],
    cores: Cores,
    *,
    tree: Path | None = None,
    python: str = sys.executable,
) -> Iterator[Server]:
    """Run a server on a free port and these cores until the block is left.

    `tree` is the folder whose source is run, which may be another version. A worker listens for
    whoever asks for its metrics. Raises `ServerNotStarted`.
    """
    port = free_port()
    place = ("--port", str(port)) if name != WORKER else ()
    metrics_place = {"METRICS_PORT": str(port)} if name == WORKER else {}
    process = subprocess.Popen(
        [python, *_COMMANDS[name], *place],
        # Whoever asks has ended before the server does.
        env=os.environ | {"SHUTDOWN_DRAIN_SECONDS": "0"} | metrics_place | environment,
        cwd=tree,
        stderr=subprocess.DEVNULL,
    )
    try:
        server = Server(name, port, psutil.Process(process.pid))
        if cores is not None:
            server.process.cpu_affinity(list(cores))
        _wait_for(port, process)
        yield server
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port of the loopback interface that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = monotonic() + _START_SECONDS
    while monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            sleep(0.05)
        else:
            return
    raise ServerNotStarted("the server ended, or does not listen")
