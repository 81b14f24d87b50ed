"""Requests as cheaply as they can be sent: what the generator takes of a core, the server lacks."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import cast

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_CLOSES = b"connection: close"

Answered = Callable[[int, bytes, float], None]
"""Told the status, the head, and how many seconds after it was due the last byte came."""


class Call(asyncio.Protocol):
    """One connection, over which one request at a time is under way."""

    def __init__(self, calls: "Calls") -> None:
        self._calls = calls
        self._transport: asyncio.Transport | None = None
        self._due = 0.0
        self._answered: Answered | None = None
        self._head = b""
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, due: float, answered: Answered) -> None:
        """Send a request, and have its answer told."""
        assert self._transport is not None  # noqa: S101 - it is connected
        self._due, self._answered, self._head = due, answered, b""
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Read the head, and of the body no more than its length."""
        if self._missing:
            self._missing -= len(data)
        else:
            self._head += data
            end = self._head.find(_HEAD_END)
            if end < 0:
                return
            found = _LENGTH.search(self._head, 0, end)
            length = int(found.group(1)) if found else 0
            self._missing = length - (len(self._head) - end - len(_HEAD_END))
        if self._missing <= 0:
            self._missing = 0
            self._end()

    def connection_lost(self, _error: Exception | None) -> None:
        """It is gone; what was under way is not answered."""
        self._calls.discard(self)
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(0, b"", perf_counter() - self._due)

    def close(self) -> None:
        """Close it at once."""
        if self._transport is not None:
            self._transport.abort()

    def _end(self) -> None:
        answered, self._answered = self._answered, None
        if _CLOSES in self._head:
            self.close()
        else:
            self._calls.keep(self)
        if answered is not None:
            answered(int(self._head[9:12]), self._head, perf_counter() - self._due)


class Calls:
    """Connections to one server: as many as are needed, kept for what is sent next."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[Call] = []
        self._all: set[Call] = set()
        self._opening: set[asyncio.Task[None]] = set()

    async def open(self, count: int) -> None:
        """Open so many beforehand."""
        for _ in range(count):
            self.keep(await self._opened())

    def send(self, request: bytes, due: float, answered: Answered) -> None:
        """Send a request over a connection that is idle, or a new one."""
        if self._idle:
            self._idle.pop().send(request, due, answered)
            return
        task = asyncio.ensure_future(self._send_anew(request, due, answered))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def keep(self, call: Call) -> None:
        """Keep a connection on which nothing is under way."""
        self._idle.append(call)

    def discard(self, call: Call) -> None:
        """Forget a connection that is gone."""
        self._all.discard(call)
        with suppress(ValueError):
            self._idle.remove(call)

    async def close(self) -> None:
        """Close them all."""
        for task in self._opening:
            task.cancel()
        for call in tuple(self._all):
            call.close()
        await asyncio.sleep(0)

    async def _send_anew(self, request: bytes, due: float, answered: Answered) -> None:
        try:
            call = await self._opened()
        except OSError:
            answered(0, b"", perf_counter() - due)
        else:
            call.send(request, due, answered)

    async def _opened(self) -> Call:
        loop = asyncio.get_running_loop()
        _, call = await loop.create_connection(lambda: Call(self), "127.0.0.1", self._port)
        self._all.add(call)
        return call
