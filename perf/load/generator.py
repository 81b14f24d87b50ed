"""Sends what is planned when it is due, whether or not anything was answered before."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlsplit

from clients.tls import authorities
from perf.benchmarks.wire import Response, Wire
from perf.load.outcomes import ANSWERED, UNANSWERED, Outcome, error, outcome_of
from perf.load.samples import PROBE, Sample
from perf.load.schedule import Planned

PATIENCE_SECONDS = 10.0
"""After which a request is an error, with a latency of so long."""
_LONGEST_WAIT_SECONDS = 60.0
"""Whoever has less patience says so; without any, a server that hangs would never be left."""
KEPT_SECONDS = 2.0
_OK = 200


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is."""

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
        """As the header `host` has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent for one planned request; a probe has no body."""

    body: bytes
    headers: dict[str, str]
    accepts: frozenset[str] = frozenset()


Ask = Callable[[Planned], Request]


@dataclass(slots=True)
class Client:
    """Connections to one server, as many as are needed at a time, kept for the next request."""

    address: Address
    local_address: str | None = None
    """Where it asks from, if that matters."""
    kept_seconds: float = KEPT_SECONDS
    """How long a connection that is not used is kept: less than the server does."""
    in_flight: int = 0
    most_in_flight: int = 0
    posted: int = 0
    """How many operations were sent."""
    answered: int = 0
    """How many of them were answered with 200."""
    _idle: list[tuple[Wire, float]] = field(default_factory=list)

    async def post(self, request: Request) -> Response:
        """Send an operation; raises `OSError` or `EOFError`."""
        self.posted += 1
        response = await self._asked(
            lambda wire: wire.post(
                "/graphql", request.body, accept="application/json", **request.headers
            )
        )
        self.answered += response.status == _OK
        return response

    async def follow(self, request: Request) -> AsyncIterator[bytes]:
        """Send a subscription, and give its events as they come.

        Raises like `post`, and `UnexpectedAnswer` where it does not begin.
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
        """Send a GET; raises like `post`."""
        return await self._asked(lambda wire: wire.get(path))

    async def close(self) -> None:
        """Close what is kept."""
        while self._idle:
            await _close(self._idle.pop()[0])

    async def _asked(self, send: Callable[[Wire], None]) -> Response:
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

    async def _wire(self) -> Wire:
        """The connection that was used last, or a new one where it may have been closed."""
        while self._idle:
            wire, since = self._idle.pop()
            if perf_counter() - since < self.kept_seconds and not wire.reader.at_eof():
                return wire
            wire.writer.close()
        tls = authorities() if self.address.is_secure else None
        local = None if self.local_address is None else (self.local_address, 0)
        return Wire(
            *await asyncio.open_connection(
                self.address.host, self.address.port, ssl=tls, local_addr=local
            ),
            host=self.address.name,
        )


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[Client]:
    """A client whose connections are closed in the end."""
    client = Client(Address.of(url))
    try:
        yield client
    finally:
        await client.close()


async def run_plan(
    client: Client,
    planned: Sequence[Planned],
    ask: Ask,
    *,
    tell: Callable[[Sample], None] = lambda _: None,
) -> list[Sample]:
    """Send everything when it is due and give a sample of each, when all have ended.

    Nothing is sent early and nothing waits for an answer, so that a slow server is asked as often
    as a quick one.
    """
    started = perf_counter()
    samples: list[Sample] = []

    async def send(one: Planned) -> None:
        sent = perf_counter() - started
        outcome = await _outcome(client, one, ask(one))
        sample = Sample(one.operation, one.stage, one.due, sent, perf_counter() - started, outcome)
        samples.append(sample)
        tell(sample)

    async with asyncio.TaskGroup() as group:
        for one in planned:
            wait = one.due - (perf_counter() - started)
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(send(one))
    return samples


async def _outcome(client: Client, one: Planned, request: Request) -> Outcome:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            if one.operation == PROBE:
                probed = await client.get("/readyz")
                return ANSWERED if probed.status == _OK else error(f"HTTP {probed.status}")
            response = await client.post(request)
    except TimeoutError:
        return error("no answer in time")
    except (OSError, EOFError, ValueError):
        return UNANSWERED
    return outcome_of(response.status, response.body, accepts=request.accepts)


async def _close(wire: Wire) -> None:
    wire.writer.close()
    with suppress(OSError):
        await wire.writer.wait_closed()
