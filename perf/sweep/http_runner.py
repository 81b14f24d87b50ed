"""Run documents over HTTP, with the same interface as the gate's runner."""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any

import asyncpg
import orjson

from gql.documents.budgets.budget import DEFAULT
from gql.documents.registry.built_in import RESERVED
from gql.documents.trusted_documents import TrustedDocument
from perf.gate.execution.following import is_endless
from perf.gate.execution.in_process import DocumentAnswer, ResourceUsage, RunFailed
from perf.load.generator.outcomes import UNANSWERED, Outcome, OutcomeKind, error, outcome_of
from perf.servers.client import Client, Request
from perf.servers.connection import UnexpectedAnswer
from perf.sweep.credentials import Credentials
from services.callers.principal import Principal

_MOST_SHOWN = 300
_OK = 200
_NO_FIELDS: Mapping[str, str] = MappingProxyType({})
_NOTHING = ResourceUsage((), 0, 0)
"""The usage of a remote server is unknown."""


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """The bodies of a document's answers, their outcome, and the seconds until the first."""

    bodies: tuple[bytes, ...]
    outcome: Outcome
    seconds: float


@dataclass(frozen=True, slots=True)
class HttpRunner:
    """Sends documents to one server, one after another."""

    client: Client
    credentials: Credentials
    own_connection: "asyncpg.Connection[asyncpg.Record] | None" = None
    clock: Callable[[], float] = perf_counter
    by_id: bool = False

    @property
    def connection(self) -> "asyncpg.Connection[asyncpg.Record]":
        """The connection with which scenarios restore data; raises `RunFailed` without one."""
        if self.own_connection is None:
            raise RunFailed("what it does has to be undone in the database, which is not ours")
        return self.own_connection

    # Any: variables and data are JSON.
    async def run(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> tuple[ResourceUsage, list[Any]]:
        """An empty usage, and the data of the answers; raises `RunFailed`."""
        if self.by_id and document.budget is DEFAULT:
            raise RunFailed("it has a text of its own, and ids alone are sent")
        answered = await self.ask(document, principal, variables)
        if answered.refusal is not None:
            said = orjson.dumps(answered.bodies)[:_MOST_SHOWN].decode(errors="replace")
            raise RunFailed(f"{document.name}: {answered.refusal}: {said}")
        return answered.usage, [body["data"] for body in answered.bodies]

    # Any: variables are JSON.
    async def ask(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> DocumentAnswer:
        """Run a document, which may be refused; raises `RunFailed` if there is no answer."""
        try:
            send_timed = await self.send_timed(document, principal, variables)
            bodies = tuple(orjson.loads(body) for body in send_timed.bodies)
        except orjson.JSONDecodeError as gone:
            raise RunFailed(f"{document.name} was not answered: {gone}") from gone
        if send_timed.outcome == UNANSWERED:
            raise RunFailed(f"{document.name} was not answered")
        is_refused = send_timed.outcome.kind is not OutcomeKind.OK
        return DocumentAnswer(_NOTHING, bodies, send_timed.outcome.code if is_refused else None)

    # Any: variables are JSON.
    async def send_timed(
        self,
        document: TrustedDocument,
        principal: Principal,
        variables: Mapping[str, Any],
        *,
        fields: Mapping[str, str] = _NO_FIELDS,
    ) -> TimedAnswer:
        """Send a document with these headers, and time it until the first answer.

        If the server is unreachable or times out, the outcome is `UNANSWERED`.
        """
        named = {"documentId": f"{RESERVED}{document.name}"}
        body = {**(named if self.by_id else {"query": document.text}), "variables": variables}
        accepts = frozenset(one.value for one in document.budget.accepts)
        headers = {**self.credentials.headers(principal), **fields}
        request = Request(orjson.dumps(body), headers, accepts)
        started = self.clock()
        try:
            if document.text.startswith("subscription"):
                return await self._followed(request, started, is_left=is_endless(document))
            response = await self.client.post(request)
        except (OSError, EOFError):
            return TimedAnswer((), UNANSWERED, self.clock() - started)
        seconds = self.clock() - started
        outcome = outcome_of(response.status, response.body, accepts=accepts)
        return TimedAnswer((response.body,), outcome, seconds)

    async def _followed(self, request: Request, started: float, *, is_left: bool) -> TimedAnswer:
        bodies, seconds = [], 0.0
        try:
            async with aclosing(self.client.follow(request)) as events:
                async for body in events:
                    seconds = seconds or self.clock() - started
                    bodies.append(body)
                    if is_left:
                        break
        except UnexpectedAnswer as refused:
            said = str(refused).encode()
            return TimedAnswer((said,), error("the stream did not begin"), self.clock() - started)
        outcomes = [outcome_of(_OK, body, accepts=request.accepts) for body in bodies]
        worst = next((one for one in outcomes if one.kind is not OutcomeKind.OK), outcomes[-1])
        return TimedAnswer(tuple(bodies), worst, seconds)
