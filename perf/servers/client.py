"""A client of one server that keeps its connections, and adds nothing to what is timed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlsplit

from clients.tls import tls_context
from perf.servers.connection import HttpConnection, Response

_LONGEST_WAIT_SECONDS = 60.0
"""Callers that wait for less time set a time-out of their own."""
_IDLE_SECONDS = 2.0
_OK = 200


@dataclass(frozen=True, slots=True)
class Address:
    """Host and port of a server, and whether it speaks TLS."""

    host: str
    port: int
    is_secure: bool = False

    @classmethod
    def of(cls, url: str) -> "Address":
        """The address in a URL; raises `ValueError`."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url} is not the address of a server, like http://127.0.0.1:8000")
        if parts.path not in {"", "/", "/graphql"} or parts.query:
            raise ValueError(f"{url} has a path: the API is asked at /graphql of its server")
        is_secure = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if is_secure else 80), is_secure)

    @property
    def name(self) -> str:
        """The value of the `host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Request:
    """The body and headers of a request, and the codes that its sender accepts as refusals."""

    body: bytes
    headers: dict[str, str]
    accepts: frozenset[str] = frozenset()


@dataclass(slots=True)
class Client:
    """A pool of connections to one server that grows with the requests in flight."""

    address: Address
    local_address: str | None = None
    """The address to connect from; None leaves the choice to the operating system."""
    idle_seconds: float = _IDLE_SECONDS
    """How long an unused connection is kept open; must be less than the server keeps it."""
    in_flight: int = 0
    most_in_flight: int = 0
    posted: int = 0
    """Number of operations sent."""
    answered: int = 0
    """Number of operations answered with status 200."""
    _idle: list[tuple[HttpConnection, float]] = field(default_factory=list)

    async def post(self, request: Request) -> Response:
        """Send an operation; raises `OSError` or `EOFError`."""
        self.posted += 1
        response = await self._exchange(
            lambda wire: wire.post(
                "/graphql", request.body, accept="application/json", **request.headers
            )
        )
        self.answered += response.status == _OK
        return response

    async def follow(self, request: Request) -> AsyncGenerator[bytes, None]:
        """Send a subscription and yield its events.

        Raises what `post` raises, and `UnexpectedAnswer` unless the server starts a stream.
        """
        self.posted += 1
        wire = await self._wire()
        try:
            wire.post("/graphql", request.body, accept="text/event-stream", **request.headers)
            async for event in wire.events():
                yield event
        except BaseException:
            wire.writer.close()
            raise
        self.answered += 1
        self._idle.append((wire, perf_counter()))

    async def get(self, path: str) -> Response:
        """Send a GET; raises what `post` raises."""
        return await self._exchange(lambda wire: wire.get(path))

    async def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            await _close(self._idle.pop()[0])

    async def _exchange(self, send: Callable[[HttpConnection], None]) -> Response:
        wire, self.in_flight = await self._wire(), self.in_flight + 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            send(wire)
            async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
                response = await wire.response()
        except BaseException:
            wire.writer.close()
            raise
        finally:
            self.in_flight -= 1
        if response.headers.get("connection", "").lower() == "close":
            wire.writer.close()
        else:
            self._idle.append((wire, perf_counter()))
        return response

    async def _wire(self) -> HttpConnection:
        """The connection used last, or a new one if the server may have closed it."""
        while self._idle:
            wire, since = self._idle.pop()
            if perf_counter() - since < self.idle_seconds and not wire.reader.at_eof():
                return wire
            wire.writer.close()
        tls = tls_context() if self.address.is_secure else None
        local = None if self.local_address is None else (self.local_address, 0)
        return HttpConnection(
            *await asyncio.open_connection(
                self.address.host, self.address.port, ssl=tls, local_addr=local
            ),
            host=self.address.name,
        )


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[Client]:
    """A client whose connections are closed when the block is left."""
    client = Client(Address.of(url))
    try:
        yield client
    finally:
        await client.close()


async def _close(wire: HttpConnection) -> None:
    wire.writer.close()
    with suppress(OSError):
        await wire.writer.wait_closed()
