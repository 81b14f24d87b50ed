"""`generateGuidance`, beside the same call without metering, and the model alone."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import cast

from orjson import loads

from app.composition.documents import open_documents
from app.composition.shared_stores import open_budgets, open_keyvalue
from app.graphql.metering.meter import Meter
from app.graphql.pipeline.pipeline import Pipeline
from app.graphql.request.graphql_request import GraphQLRequest
from app.http.json_encoding import encode_json
from app.settings import Settings
from app.wiring import Application, open_application
from clients.llm import LanguageModel
from clients.llm.opening import open_language_model
from db.reply_key import ReplyKey
from db.row import Row
from gql.build import core_schema
from gql.context import Services
from gql.documents.trusted_documents import trusted_documents
from perf.benchmarks.harness.single_response import single_response
from perf.servers.seeded import running_model
from perf.sweep.server import INSTANT_MODEL
from services.callers.principal import ApiClient
from services.clock import system_clock
from services.enterprise.credentials import CredentialService
from services.generation.models.catalogue import ChatModel, ModelCatalogue
from services.generation.records import Assignment, ReplyDraft, ReplyOutcome
from services.generation.writer import ReplyWriter
from services.metered.buffered_sink import BufferedSink
from services.metered.records import Question
from services.metered.rules import prompt
from services.metered.service import MeteredGuidance
from services.search.indexing import MessageIndexer
from services.search.service import SearchService
from services.throttling.concurrency import ConcurrencyLimiter

_DOCUMENT = trusted_documents()["GenerateGuidance"].text
_QUESTION = Question("A customer is late with a payment.", "Get paid.", None)
_NO_END = {"b2b_daily_usage_limit": 10**9, "b2b_monthly_usage_limit": 10**9}
Write = Callable[[Question], Awaitable[tuple[ReplyOutcome, ReplyDraft]]]
Works = Mapping[str, Callable[[], Awaitable[object]]]


class UnmeteredGuidance(MeteredGuidance):
    """Generates the same reply without an idempotency key, a counted unit or a record."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._clock = system_clock

    async def generate(self, client: ApiClient, question: Question, *, idempotency_key: str) -> Row:
        """Answer a question."""
        del client, idempotency_key
        ending, written = await self._write(question)
        reply = {
            "content": written.text or None,
            "failure_reason": ending.failure and ending.failure.value,
            "retry_at": None,
            "id": 0,
            "is_overage": False,
            "model": written.report.model,
            "attempts": written.report.attempts,
            "prompt_tokens": written.report.prompt_tokens,
            "completion_tokens": written.report.completion_tokens,
            "latency_ms": written.latency_ms,
        }
        return cast("Row", reply)  # read by the names of its columns alone


def _writing(model: LanguageModel, model_name: str) -> Write:
    models = ModelCatalogue((ChatModel(model_name, model),))

    async def record(*_: object) -> bool:
        return True

    async def record_parts(*_: object) -> None:
        """Nothing is stored."""

    async def write(question: Question) -> tuple[ReplyOutcome, ReplyDraft]:
        writer = ReplyWriter(
            Assignment(ReplyKey(0, 0), prompt(question)),
            models=models,
            sink=BufferedSink(),
            record=record,
            record_parts=record_parts,
        )
        ending = await writer.write()
        if ending is None:
            raise RuntimeError("a reply was ended by another, and there is none")
        return ending, writer.draft

    return write


async def report_guidance(
    settings: Settings,
    url: str,
    client: ApiClient,
    report: Callable[[Works], Awaitable[None]],
) -> None:
    """Measure the three in turn, with a stand-in that writes twenty words at once.

    The client's company is charged for the metered calls.
    """
    with running_model(INSTANT_MODEL) as model_url:
        configured = settings.model_copy(update={"chat_llm_base_url": model_url} | _NO_END)
        async with (
            open_application(configured, url) as application,
            open_language_model(configured.language_model) as model,
        ):
            await _report(application, model, client, report)


async def _report(
    application: Application,
    model: LanguageModel,
    client: ApiClient,
    report: Callable[[Works], Awaitable[None]],
) -> None:
    settings = application.settings
    write = _writing(model, settings.chat_llm_model)
    core = core_schema()
    async with AsyncExitStack() as stack:
        keyvalue = await stack.enter_async_context(open_keyvalue(settings))
        budgets = await stack.enter_async_context(open_budgets(keyvalue))
        meter = Meter(
            settings.cost_limits, budgets, ConcurrencyLimiter(settings.graphql_most_at_once)
        )
        documents = await stack.enter_async_context(
            open_documents(
                settings, core, application.database, keyvalue, meter, clock=system_clock
            )
        )
        unmetered = Pipeline(
            core,
            documents.found,
            application.database,
            services=_services(application, UnmeteredGuidance(write)),
            subscriptions=application.subscriptions,
            contract=settings.usage_contract,
            meter=meter,
            observations=application.observations,
            clock=system_clock,
        )
        await report(
            {
                "the model by itself": lambda: write(_QUESTION),
                "generateGuidance without metering": _asking(unmetered, client),
                "generateGuidance": _asking(application.graphql, client),
            }
        )


def _services(application: Application, metered: MeteredGuidance) -> Services:
    return Services(
        billing=application.billing.service,
        plan_changes=application.billing.plan_changes,
        cancellation=application.billing.cancellation,
        portal=application.billing.portal,
        followers=application.billing.followers,
        conversations=application.chat.conversations,
        branches=application.chat.branches,
        feedback=application.chat.feedback,
        guidance=application.chat.guidance,
        credentials=CredentialService(
            application.database, clock=system_clock, random_bytes=secrets.token_bytes
        ),
        privacy=application.privacy.service,
        search=SearchService(application.database, MessageIndexer(application.database)),
        links=application.privacy.links,
        invoice_links=application.invoicing.links,
        metered=metered,
    )


def _asking(pipeline: Pipeline, client: ApiClient) -> Callable[[], Awaitable[object]]:
    async def ask() -> None:
        values = {
            "situation": _QUESTION.situation,
            "objective": _QUESTION.objective,
            "idempotencyKey": secrets.token_hex(16),
        }
        request = GraphQLRequest(_DOCUMENT, variables={"input": values})
        answer = await single_response(pipeline, request, client)
        payload = loads(encode_json(answer.body))["data"]["generateGuidance"]
        if not payload["text"]:
            raise RuntimeError(f"no guidance was given: {payload['userErrors']}")

    return ask
