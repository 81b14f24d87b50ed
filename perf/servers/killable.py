"""A server that can be killed and started again on the same port."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from perf.servers.process import ServerNotStarted, free_port

_START_SECONDS = 60.0
_GUIDANCE = Path(sys.executable).with_name("guidance")


class KillableServer:
    """`guidance serve` on a port of the loopback, in the given environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = os.environ | environment
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start the process and wait until it listens; raises `ServerNotStarted`."""
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it does not block
            [_GUIDANCE, "serve", "--port", str(self._port)],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await self._listens():
                    if self._process.poll() is not None:
                        raise ServerNotStarted("the server ended when it was started")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise ServerNotStarted("the server does not listen") from None

    async def kill(self) -> None:
        """Kill the process (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True


@asynccontextmanager
async def killable_server(environment: Mapping[str, str]) -> AsyncIterator[KillableServer]:
    """Run a server until the block is left."""
    server = KillableServer(environment)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()
