"""Connections that cost little, so that the generator leaves the processor to the server."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import cast

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_CLOSES = b"connection: close"

OnAnswer = Callable[[int, bytes, float], None]
"""Called with status, head, and the seconds from when the request was due to the last byte."""


class RequestConnection(asyncio.Protocol):
    """A connection with one request in flight at a time."""

    def __init__(self, calls: "ConnectionPool") -> None:
        self._calls = calls
        self._transport: asyncio.Transport | None = None
        self._due = 0.0
        self._answered: OnAnswer | None = None
        self._head = b""
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, due: float, answered: OnAnswer) -> None:
        """Send a request; `answered` is called when its answer is complete."""
        assert self._transport is not None  # noqa: S101 - it is connected
        self._due, self._answered, self._head = due, answered, b""
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Read the head, and count the bytes of the body."""
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
        """Report the request in flight, if any, as unanswered."""
        self._calls.discard(self)
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(0, b"", perf_counter() - self._due)

    def close(self) -> None:
        """Close the connection at once."""
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


class ConnectionPool:
    """A pool of connections to one server, as many as there are requests in flight."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[RequestConnection] = []
        self._all: set[RequestConnection] = set()
        self._opening: set[asyncio.Task[None]] = set()

    async def open(self, count: int) -> None:
        """Open `count` connections in advance."""
        for _ in range(count):
            self.keep(await self._opened())

    def send(self, request: bytes, due: float, answered: OnAnswer) -> None:
        """Send a request over an idle connection, or a new one."""
        if self._idle:
            self._idle.pop().send(request, due, answered)
            return
        task = asyncio.ensure_future(self._send_anew(request, due, answered))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def keep(self, call: RequestConnection) -> None:
        """Return an idle connection to the pool."""
        self._idle.append(call)

    def discard(self, call: RequestConnection) -> None:
        """Remove a closed connection from the pool."""
        self._all.discard(call)
        with suppress(ValueError):
            self._idle.remove(call)

    async def close(self) -> None:
        """Close all connections."""
        for task in self._opening:
            task.cancel()
        for call in tuple(self._all):
            call.close()
        await asyncio.sleep(0)

    async def _send_anew(self, request: bytes, due: float, answered: OnAnswer) -> None:
        try:
            call = await self._opened()
        except OSError:
            answered(0, b"", perf_counter() - due)
        else:
            call.send(request, due, answered)

    async def _opened(self) -> RequestConnection:
        loop = asyncio.get_running_loop()
        _, call = await loop.create_connection(
            lambda: RequestConnection(self), "127.0.0.1", self._port
        )
        self._all.add(call)
        return call
