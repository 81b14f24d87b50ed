"""Run a document once in this process, and record its resource usage."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from app.graphql.pipeline.call import OperationCall
from app.graphql.pipeline.pipeline import Pipeline
from app.graphql.pipeline.responses import OperationResponse
from app.graphql.request.graphql_request import GraphQLRequest
from app.http.json_encoding import encode_json
from app.settings import Settings
from app.wiring import open_application
from db.connections.capture import ExecutedStatement, capture_statements
from gql.documents.operation import RequestRefused
from gql.documents.trusted_documents import TrustedDocument
from perf.gate.execution.following import is_endless
from perf.gate.execution.pausable_model import PausableModel, pausable_model
from services.callers.principal import Principal

NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
_NO_BOUND = 1_000_000
STREAM_STATEMENTS = frozenset({"messages.stream", "metered_replies.begin"})
REPLY_STATEMENTS = STREAM_STATEMENTS | {"generations.begin"}
"""Statements after which somebody waits for the model, including readers of the completed reply."""
SUBSCRIPTION_LOOKUP = "billing.current_subscription_by_user"


NULL_ROOT = "null"
"""The code of an answer without errors whose root field is null, as for objects of other callers.
"""
_MAX_PAUSE_SECONDS = 20.0
"""The model is resumed after so long in any case, or a mutation could wait for ever."""


class RunFailed(Exception):
    """A document could not be run, or not as its scenario needs; the message has the reason."""


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    """The resource usage of running a document once."""

    ran: tuple[ExecutedStatement, ...]
    response_bytes: int
    cost: int

    @property
    def rows(self) -> int:
        """The rows that the statements returned."""
        return sum(one.rows for one in self.ran)

    @property
    def subscription_lookups(self) -> int:
        """Lookups of the current subscription, except in transactions that change it."""
        return sum(
            one.statement.name == SUBSCRIPTION_LOOKUP and not one.is_in_transaction
            for one in self.ran
        )


@dataclass(frozen=True, slots=True)
class DocumentAnswer:
    """The result of running a document once.

    `refusal` is the code of the first error or refusal; None if there is none.
    """

    usage: ResourceUsage
    # Any: bodies are JSON.
    bodies: tuple[dict[str, Any], ...]
    refusal: str | None


class InProcessRunner:
    """Runs documents one after another on one database."""

    def __init__(
        self,
        pipeline: Pipeline,
        model: PausableModel,
        connection: "asyncpg.Connection[asyncpg.Record]",
    ) -> None:
        self._pipeline = pipeline
        self._model = model
        self._connection = connection

    @property
    def connection(self) -> "asyncpg.Connection[asyncpg.Record]":
        """The connection with which scenarios restore data."""
        return self._connection

    # Any: variables and data are JSON.
    async def run(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> tuple[ResourceUsage, list[Any]]:
        """The usage, and the data of the answers; raises `RunFailed` on any error or refusal."""
        result = await self.ask(document, principal, variables)
        if result.refusal is not None:
            said = orjson.dumps(result.bodies[-1]).decode()
            raise RunFailed(f"{document.name} was answered with {said}")
        return result.usage, [body["data"] for body in result.bodies]

    # Any: variables are JSON.
    async def ask(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> DocumentAnswer:
        """Run a document; the result may be a refusal. Raises `RunFailed` if it cannot be run."""
        request = GraphQLRequest(document.text, variables=variables)
        try:
            await self._pipeline.find(request, principal, None)
        except RequestRefused as refused:
            reasons = "; ".join(error.message for error in refused.errors)
            raise RunFailed(f"{document.name} cannot be run: {reasons}") from None
        call = OperationCall(document.name, {}, principal=principal, request=request)
        answers = self._pipeline.stream(call)
        ran: list[ExecutedStatement] = []
        is_followed_later = answers_before_reply(document, variables)
        with self._recording(ran, STREAM_STATEMENTS if is_followed_later else REPLY_STATEMENTS):
            async with aclosing(answers):
                texts = [encode_json(answer.body) async for answer in _read(answers, document)]
        bodies = tuple(orjson.loads(text) for text in texts)
        cost = await self._cost(replace(call, asks_cost=True))
        return DocumentAnswer(
            ResourceUsage(tuple(ran), sum(map(len, texts)), cost), bodies, first_refusal(bodies)
        )

    @contextmanager
    def _recording(
        self, ran: list[ExecutedStatement], resumes_after: frozenset[str]
    ) -> Iterator[None]:
        """Record the statements, and pause the model until somebody waits for it."""

        def record(one: ExecutedStatement) -> None:
            ran.append(one)
            if one.statement.name in resumes_after:
                self._model.resume()

        self._model.pause()
        timeout = asyncio.get_running_loop().call_later(_MAX_PAUSE_SECONDS, self._model.resume)
        try:
            with capture_statements(record):
                yield
        finally:
            timeout.cancel()

    async def _cost(self, call: OperationCall) -> int:
        answer = await self._pipeline.respond(call)
        if not isinstance(answer, OperationResponse) or not answer.was_executed:
            return 0
        cost: int = answer.body["extensions"]["cost"]["requestedQueryCost"]
        return cost


@asynccontextmanager
async def open_runner(
    url: str, folder: Path, *, is_subgraph: bool = False
) -> AsyncIterator[InProcessRunner]:
    """A runner on the database at `url`, without a cache and without cost limits."""
    async with pausable_model() as model:
        settings = Settings.model_validate(
            gate_settings(url, folder, model.url) | {"graphql_federation": is_subgraph}
        )
        async with open_application(settings, url, clock=lambda: NOW) as application:
            # Our own documents are compiled before their first request, as on a real server.
            await application.documents.refresh()
            connection = await asyncpg.connect(url)
            try:
                yield InProcessRunner(application.graphql, model, connection)
            finally:
                model.resume()
                await connection.close()


def gate_settings(url: str, folder: Path, model_url: str) -> dict[str, object]:
    """The settings of the gate's server."""
    return {
        "database_url": url,
        "guidance_data_dir": folder,
        "database_pool_size": 4,
        "chat_llm_base_url": model_url,
        "chat_titles": False,
        "billing_subscription_cache_ttl_seconds": 0,
        "payments_provider": "sandbox",
        "graphql_max_cost": _NO_BOUND,
        "graphql_key_budget": _NO_BOUND,
        "graphql_person_budget": _NO_BOUND,
        "graphql_address_budget": 0,
    }


async def _read(
    answers: AsyncIterator[OperationResponse], document: TrustedDocument
) -> AsyncIterator[OperationResponse]:
    """The answers to a document; the first one of a subscription without end."""
    async for answer in answers:
        yield answer
        if is_endless(document):
            return


# Any: variables are JSON.
def answers_before_reply(document: TrustedDocument, variables: Mapping[str, Any]) -> bool:
    """Whether the answer arrives while the reply is still being written."""
    return "delivery: STREAM" in document.text or _has(variables, "STREAM")


def starts_reply(ran: Iterable[ExecutedStatement]) -> bool:
    """Whether a reply was started, or one that is being written was followed."""
    return any(one.statement.name in REPLY_STATEMENTS for one in ran)


# Any: bodies are JSON.
def first_refusal(bodies: Sequence[dict[str, Any]]) -> str | None:
    """The code of the first error or refusal in the answers, wherever in them it is."""
    for body in bodies:
        if body.get("errors"):
            return _code(body["errors"][0].get("extensions") or {})
        data = body.get("data") or {}
        if None in data.values():
            return NULL_ROOT
        for error in _user_errors(data):
            return _code(error)
    return None


# Any: as above.
def _code(error: Mapping[str, Any]) -> str:
    return str(error.get("code", "no code"))


# Any: as above.
def _user_errors(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield from value.get("userErrors") or ()
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _user_errors(one)


def _has(variables: object, wanted: str) -> bool:
    if isinstance(variables, Mapping):
        return any(_has(one, wanted) for one in variables.values())
    return variables == wanted
