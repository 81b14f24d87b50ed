"""Running our own documents once, and what that took."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import orjson

from app.graphql.answers import GraphQLRequest
from app.graphql.service import GraphQLService
from app.graphql.writing import written
from app.settings import Settings
from app.wiring import open_application
from db.tracing import Ran, traced_statements
from gql.operations.budgets import TrustedDocument
from perf.gate.held_model import HeldModel, held_model
from services.principal import Principal

NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
_NO_BOUND = 1_000_000
_FOLLOWED_AFTER = frozenset({"messages.stream", "metered_replies.begin"})
_AWAITED_AFTER = _FOLLOWED_AFTER | {"generations.begin"}
"""Statements after which somebody waits for the model: also who looks only when it has written."""
SUBSCRIPTION_LOOKUP = "billing.current_subscription_by_user"


class FlowFailed(Exception):
    """A document was not answered as its flow needs; the message has the answer."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What running one document took."""

    ran: tuple[Ran, ...]
    response_bytes: int
    cost: int

    @property
    def rows(self) -> int:
        """How many rows the statements returned."""
        return sum(one.rows for one in self.ran)

    @property
    def fetched_bytes(self) -> int:
        """How large the rows were together."""
        return sum(one.fetched_bytes for one in self.ran)

    @property
    def subscription_lookups(self) -> int:
        """How often the current subscription was looked up, besides by a change in itself."""
        return sum(
            one.statement.name == SUBSCRIPTION_LOOKUP and not one.is_in_transaction
            for one in self.ran
        )


class Runs(Protocol):
    """What runs documents."""

    # Any: variables and data are JSON.
    async def run(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any], /
    ) -> tuple[Taken, list[Any]]:
        """What it took, and the data of its answers; raises `FlowFailed` unless all is well."""


class Runner:
    """Runs documents one after the other on one database."""

    def __init__(self, service: GraphQLService, model: HeldModel) -> None:
        self._service = service
        self._model = model

    # Any: variables and data are JSON.
    async def run(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> tuple[Taken, list[Any]]:
        """What it took, and the data of its answers; raises `FlowFailed` unless all is well."""
        request = GraphQLRequest(document.text, variables=variables)
        operation = await self._service.prepare(request, principal, {})
        answers = self._service.answers(operation, request, principal, document.name)
        lets_go_after = waits_for_model_after(document)
        ran: list[Ran] = []

        def heard(one: Ran) -> None:
            ran.append(one)
            if one.statement.name in lets_go_after:
                self._model.let_go()

        self._model.hold()
        with traced_statements(heard):
            async with aclosing(answers):
                texts = [written(answer.body) async for answer in answers]
        bodies = [orjson.loads(text) for text in texts]
        check_answers(document, bodies)
        cost = self._service.cost(operation, request).body["extensions"]["cost"]
        taken = Taken(
            tuple(ran),
            sum(map(len, texts)),
            cost["requestedQueryCost"],
        )
        return taken, [body["data"] for body in bodies]


def begins_reply(ran: Iterable[Ran]) -> bool:
    """Whether a reply was begun, or one that is being written was followed."""
    return any(one.statement.name in _AWAITED_AFTER for one in ran)


def waits_for_model_after(document: TrustedDocument) -> frozenset[str]:
    """The statements after one of which somebody waits for the model."""
    return _FOLLOWED_AFTER if leaves_reply(document) else _AWAITED_AFTER


def leaves_reply(document: TrustedDocument) -> bool:
    """Whether the document is answered while its reply is still being written."""
    return "delivery: STREAM" in document.text


@asynccontextmanager
async def open_runner(url: str, folder: Path) -> AsyncIterator[Runner]:
    """Serve from the database at `url`, without a cache, and whatever it costs."""
    async with held_model() as model:
        settings = Settings.model_validate(served(url, folder, model.url))
        async with open_application(settings, url, clock=lambda: NOW) as application:
            # Our own documents are compiled before they first come, as where they are served.
            await application.documents.refresh()
            try:
                yield Runner(application.graphql, model)
            finally:
                model.let_go()


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


# Any: bodies are JSON.
def check_answers(document: TrustedDocument, bodies: list[dict[str, Any]]) -> None:
    for body in bodies:
        values = (body.get("data") or {}).values()
        is_refused = any(isinstance(one, dict) and one.get("userErrors") for one in values)
        if "errors" in body or is_refused or None in values:
            raise FlowFailed(f"{document.name} was answered with {orjson.dumps(body).decode()}")
