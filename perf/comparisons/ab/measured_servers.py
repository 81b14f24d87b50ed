"""What is compared: servers that are sent one operation at a time."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol, TypeAlias

from perf.load.generator.outcomes import Outcome, OutcomeKind, outcome_of
from perf.load.workload.callers import Callers
from perf.load.workload.schedule import PlannedRequest
from perf.servers.client import Client, client_of
from perf.sweep.documents import DocumentClient, PreparationFailed, optional_connection
from perf.sweep.http_runner import HttpRunner
from perf.sweep.server import SweepTarget

Clock: TypeAlias = Callable[[], float]
TimedRequest: TypeAlias = Callable[[], Awaitable[float]]
"""Sends one request and returns its seconds; raises `AnswerUnusable`."""


class AnswerUnusable(Exception):
    """A server answered with an error or a refusal, whose latency cannot be compared."""


class MeasuredServer(Protocol):
    """One of the two servers."""

    @property
    def client(self) -> Client:
        """The client that sends its requests."""

    async def prepare(self, name: str, *, is_traced: bool = False) -> TimedRequest:
        """Run the requests that an operation depends on, and return the request to be timed.

        It is traced if `is_traced`. Raises `AnswerUnusable`.
        """


Connector: TypeAlias = Callable[[], AbstractAsyncContextManager[MeasuredServer]]
"""Connects to one of the two servers."""


def by_documents(target: SweepTarget, clock: Clock = perf_counter) -> Connector:
    """A server with the gate's data, sent the trusted documents with their scenarios."""

    @asynccontextmanager
    async def open_side() -> AsyncIterator[MeasuredServer]:
        async with (
            client_of(target.url) as client,
            optional_connection(target.database_url) as connection,
        ):
            runner = HttpRunner(client, target.credentials, connection, clock)
            yield _Documented(client, DocumentClient(runner, target))

    return open_side


def by_mix(url: str, callers: Callers, clock: Clock = perf_counter) -> Connector:
    """A server that is sent operations which need no preparation."""

    @asynccontextmanager
    async def open_side() -> AsyncIterator[MeasuredServer]:
        async with client_of(url) as client:
            yield _Mixed(client, callers, clock)

    return open_side


@dataclass(frozen=True, slots=True)
class _Documented:
    client: Client
    documents: DocumentClient

    async def prepare(self, name: str, *, is_traced: bool = False) -> TimedRequest:
        try:
            prepared = await self.documents.prepare(name)
        except PreparationFailed as reason:
            raise AnswerUnusable(f"{name} cannot be asked: {reason}") from reason

        async def once() -> float:
            answered = await self.documents.ask(prepared, is_traced=is_traced)
            _check(name, answered.outcome)
            return answered.seconds

        return once


@dataclass(frozen=True, slots=True)
class _Mixed:
    client: Client
    callers: Callers
    clock: Clock

    async def prepare(self, name: str, *, is_traced: bool = False) -> TimedRequest:
        callers = self.callers.alone() if is_traced else self.callers
        request = callers.request(PlannedRequest(0, "", name))

        async def once() -> float:
            started = self.clock()
            response = await self.client.post(request)
            seconds = self.clock() - started
            _check(name, outcome_of(response.status, response.body, accepts=request.accepts))
            return seconds

        return once


def _check(name: str, outcome: Outcome) -> None:
    if outcome.kind is not OutcomeKind.OK:
        raise AnswerUnusable(f"{name} is answered with {outcome.code}")
