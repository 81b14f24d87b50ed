"""Running our own documents once, and what that took."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from app.graphql.request.graphql_request import GraphQLRequest
from app.graphql.service import GraphQLService
from app.graphql.writing import encode_json
from app.settings import Settings
from app.wiring import open_application
from db.tracing import ExecutedStatement, capture_statements
from gql.documents.budgets import TrustedDocument
from gql.documents.operation import Operation, RequestRefused
from perf.gate.held_model import HeldModel, held_model
from services.principal import Principal

NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
_NO_BOUND = 1_000_000
FOLLOWED_AFTER = frozenset({"messages.stream", "metered_replies.begin"})
AWAITED_AFTER = FOLLOWED_AFTER | {"generations.begin"}
"""Statements after which somebody waits for the model: also who looks only when it has written."""
SUBSCRIPTION_LOOKUP = "billing.current_subscription_by_user"


NULL_ROOT = "null"
"""The code of an answer without errors whose field is null: of what is not the caller's, say."""
_MOST_SECONDS = 20.0
"""When a model that nobody was found to wait for is let go, lest a mutation wait for ever."""


class FlowFailed(Exception):
    """A document cannot be run, or not as its flow needs; the message says why."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What running one document took."""

    ran: tuple[ExecutedStatement, ...]
    response_bytes: int
    cost: int

    @property
    def rows(self) -> int:
        """How many rows the statements returned."""
        return sum(one.rows for one in self.ran)

    @property
    def subscription_lookups(self) -> int:
        """How often the current subscription was looked up, besides by a change in itself."""
        return sum(
            one.statement.name == SUBSCRIPTION_LOOKUP and not one.is_in_transaction
            for one in self.ran
        )


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of running a document once.

    `refusal` is the code of why it, or part of it, was refused; None where all is well.
    """

    taken: Taken
    # Any: bodies are JSON.
    bodies: tuple[dict[str, Any], ...]
    refusal: str | None


class Runner:
    """Runs documents one after the other on one database."""

    def __init__(
        self,
        service: GraphQLService,
        model: HeldModel,
        connection: "asyncpg.Connection[asyncpg.Record]",
    ) -> None:
        self._service = service
        self._model = model
        self._connection = connection

    @property
    def connection(self) -> "asyncpg.Connection[asyncpg.Record]":
        """For what flows put back by hand."""
        return self._connection

    # Any: variables and data are JSON.
    async def run(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> tuple[Taken, list[Any]]:
        """What it took, and the data of its answers; raises `FlowFailed` unless all is well."""
        answered = await self.ask(document, principal, variables)
        if answered.refusal is not None:
            said = orjson.dumps(answered.bodies[-1]).decode()
            raise FlowFailed(f"{document.name} was answered with {said}")
        return answered.taken, [body["data"] for body in answered.bodies]

    # Any: variables are JSON.
    async def ask(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> Answered:
        """What came of it, refused or not; raises `FlowFailed` for a document that cannot run."""
        request = GraphQLRequest(document.text, variables=variables)
        try:
            operation = await self._service.prepare(request, principal, None)
        except RequestRefused as refused:
            reasons = "; ".join(error.message for error in refused.errors)
            raise FlowFailed(f"{document.name} cannot be run: {reasons}") from None
        answers = self._service.answers(operation, request, principal, document.name)
        ran: list[ExecutedStatement] = []
        is_followed_later = leaves_reply(document, variables)
        with self._listening(ran, FOLLOWED_AFTER if is_followed_later else AWAITED_AFTER):
            async with aclosing(answers):
                texts = [encode_json(answer.body) async for answer in answers]
        bodies = tuple(orjson.loads(text) for text in texts)
        cost = self._cost(operation, request)
        return Answered(Taken(tuple(ran), sum(map(len, texts)), cost), bodies, refusal_in(bodies))

    @contextmanager
    def _listening(
        self, ran: list[ExecutedStatement], lets_go_after: frozenset[str]
    ) -> Iterator[None]:
        """Note what runs, and hold the model back until somebody waits for it."""

        def heard(one: ExecutedStatement) -> None:
            ran.append(one)
            if one.statement.name in lets_go_after:
                self._model.let_go()

        self._model.hold()
        in_time = asyncio.get_running_loop().call_later(_MOST_SECONDS, self._model.let_go)
        try:
            with capture_statements(heard):
                yield
        finally:
            in_time.cancel()

    def _cost(self, operation: Operation, request: GraphQLRequest) -> int:
        try:
            body = self._service.cost(operation, request).body
        except RequestRefused:
            return 0
        cost: int = body["extensions"]["cost"]["requestedQueryCost"]
        return cost


@asynccontextmanager
async def open_runner(url: str, folder: Path) -> AsyncIterator[Runner]:
    """Serve from the database at `url`, without a cache, and whatever it costs."""
    async with held_model() as model:
        settings = Settings.model_validate(served(url, folder, model.url))
        async with open_application(settings, url, clock=lambda: NOW) as application:
            # Our own documents are compiled before they first come, as where they are served.
            await application.documents.refresh()
            connection = await asyncpg.connect(url)
            try:
                yield Runner(application.graphql, model, connection)
            finally:
                model.let_go()
                await connection.close()


def served(url: str, folder: Path, model_url: str) -> dict[str, object]:
    """The settings by which the gate serves."""
    return {
        "database_url": url,
        "guidance_data_dir": folder,
        "database_pool_size": 4,
        "chat_llm_base_url": model_url,
        "billing_subscription_cache_ttl_seconds": 0,
        "payments_provider": "sandbox",
        "graphql_max_cost": _NO_BOUND,
        "graphql_key_budget": _NO_BOUND,
        "graphql_person_budget": _NO_BOUND,
        "graphql_address_budget": 0,
    }


# Any: variables are JSON.
def leaves_reply(document: TrustedDocument, variables: Mapping[str, Any]) -> bool:
    """Whether the answer is there while the reply is still being written."""
    return "delivery: STREAM" in document.text or _has(variables, "STREAM")


def begins_reply(ran: Iterable[ExecutedStatement]) -> bool:
    """Whether a reply was begun, or one that is being written was followed."""
    return any(one.statement.name in AWAITED_AFTER for one in ran)


# Any: bodies are JSON.
def refusal_in(bodies: Sequence[dict[str, Any]]) -> str | None:
    """The code of the first refusal in the answers."""
    for body in bodies:
        if body.get("errors"):
            extensions = body["errors"][0].get("extensions") or {}
            return str(extensions.get("code", "no code"))
        for value in (body.get("data") or {}).values():
            if value is None:
                return NULL_ROOT
            user_errors = value.get("userErrors") if isinstance(value, dict) else None
            if user_errors:
                return str(user_errors[0].get("code", "no code"))
    return None


def _has(variables: object, wanted: str) -> bool:
    if isinstance(variables, Mapping):
        return any(_has(one, wanted) for one in variables.values())
    return variables == wanted
