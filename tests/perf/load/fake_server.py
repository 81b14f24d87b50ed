"""A tiny server that answers like the API, with faults that can be set."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from random import Random
from time import sleep
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from perf.load.monitoring.scrape import OPERATIONS
from perf.servers.credentials import CallerCredentials
from perf.servers.seeded import ServerUnderTest
from tests.fixtures.servers.server import listening

VIEWER = {"viewer": {"quota": {"remaining": 1_000}}}
PEOPLE = CallerCredentials(("a", "b"), ("c",), "key")


@dataclass(slots=True)
class MadeUpTime:
    """A clock that goes on only when work is said to take time, a little more or less each time.

    What is measured by it is the same each time, however busy the machine is.
    """

    now: float = 0.0
    chance: Random = field(default_factory=lambda: Random(1))

    def __call__(self) -> float:
        """What the clock says."""
        return self.now

    def spend(self, seconds: float) -> None:
        """Let about so much time go by."""
        self.now += seconds * self.chance.lognormvariate(0, 0.1)


@dataclass(slots=True)
class Faults:
    """What goes wrong: by operation, an answer's status and body, calls of a method, or seconds.

    The seconds of `takes` go by on the made-up clock, and those of `each_tenth` in each tenth call.
    What /metrics gives, it gives to so many more who ask.
    """

    answers: Mapping[str, tuple[int, Any]] = field(default_factory=dict)
    stall_at: int = 0
    stall_seconds: float = 0.0
    statements: Mapping[str, int] = field(default_factory=dict)
    takes: Mapping[str, float] = field(default_factory=dict)
    each_tenth: Mapping[str, float] = field(default_factory=dict)
    kept_readings: int = 0
    clock: MadeUpTime = field(default_factory=MadeUpTime)


class Tiny:
    """Counts the operations that are requested, and a statement for each."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.requested: Counter[str] = Counter()
        self.statements: Counter[str] = Counter()
        self.marks = 0
        self.readings = 0
        self.reading = ""

    async def graphql(self, request: Request) -> Response:
        requested = await request.json()
        name = requested.get("operationName") or "unnamed"
        if requested.get("query") == "{ __typename }":
            self.marks += 1
            return JSONResponse({"data": {"__typename": "Query"}})
        self.requested[name] += 1
        self.statements[f"{name}.rows"] += self.faults.statements.get(name, 1)
        if self.requested.total() == self.faults.stall_at:
            sleep(self.faults.stall_seconds)  # noqa: ASYNC251 - everything is to stand still
        self.faults.clock.spend(self.faults.takes.get(name, 0.0))
        if self.requested[name] % 10 == 0:
            self.faults.clock.spend(self.faults.each_tenth.get(name, 0.0))
        status, body = self.faults.answers.get(name, (200, {"data": VIEWER}))
        return JSONResponse(body, status)

    async def metrics(self, _request: Request) -> Response:
        if self.readings % (self.faults.kept_readings + 1) == 0:
            self.reading = self._reading()
        self.readings += 1
        return PlainTextResponse(self.reading)

    def _reading(self) -> str:
        lines = [
            line
            for method, calls in self.statements.items()
            for line in (
                f'guidance_statement_seconds_count{{method="{method}"}} {calls}',
                f'guidance_statement_seconds_sum{{method="{method}"}} {calls * 0.001}',
            )
        ]
        operations = f"{OPERATIONS} {self.requested.total() + self.marks}"
        return "\n".join(["# a comment", operations, *lines])

    async def readyz(self, _request: Request) -> Response:
        return PlainTextResponse("ok")


@asynccontextmanager
async def _lifespan(_app: Starlette) -> AsyncIterator[None]:
    yield


@contextmanager
def tiny_server(faults: Faults) -> Iterator[tuple[ServerUnderTest, Tiny]]:
    """Serve until the block is left."""
    tiny = Tiny(faults)
    routes = [
        Route("/graphql", tiny.graphql, methods=["POST"]),
        Route("/metrics", tiny.metrics),
        Route("/readyz", tiny.readyz),
    ]
    with listening(Starlette(routes=routes, lifespan=_lifespan)) as url:
        yield ServerUnderTest(url, PEOPLE, "nothing", "none"), tiny
