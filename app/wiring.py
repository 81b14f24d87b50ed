"""The composition root: builds everything that lives as long as the process, once."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from graphql import GraphQLSchema

from app.authentication.authenticator import Authenticator
from app.authentication.key_set import KeySet
from app.authentication.tokens import TokenVerifier
from app.composition.billing import Billing, open_billing
from app.composition.chat import Chat, open_chat
from app.composition.company_billing import CompanyBilling, open_company_billing
from app.composition.documents import open_documents
from app.composition.invoicing import Invoicing, open_invoicing
from app.composition.metrics_flush import flushing_periodically
from app.composition.privacy import Privacy, open_privacy
from app.composition.replica_lag import measuring_replica_lag
from app.composition.schema_registry import open_usage_reports
from app.composition.secrets import signing_secrets
from app.composition.shared_stores import (
    open_answer_versions,
    open_budgets,
    open_keyvalue,
    open_subscription_cache,
)
from app.composition.tracing import open_exporter
from app.composition.watched_clock import watched
from app.graphql.documents.published import PublishedDocuments
from app.graphql.metering.meter import Meter
from app.graphql.pipeline.known_answers import KnownAnswers
from app.graphql.pipeline.pipeline import Pipeline
from app.settings import Settings
from cache import VersionedCache
from db.database import Database, open_database
from db.replication.status import ReplicaStatus
from db.schema.revisions import revisions
from gql.build import core_schema
from gql.context import Services
from metrics.observations import Observations
from services.billing.records import Subscription
from services.callers.people import KnownPeople
from services.callers.write_positions import open_positions
from services.clock import Clock, system_clock
from services.enterprise.authentication import ApiKeyService
from services.enterprise.credentials import CredentialService
from services.enterprise.last_uses import LastUseRecorder
from services.search.indexing import MessageIndexer
from services.search.service import SearchService
from services.throttling.concurrency import ConcurrencyLimiter
from services.throttling.day_budgets import DayBudgets


@dataclass(frozen=True, slots=True)
class Application:
    """The parts of one process."""

    settings: Settings
    clock: Clock
    database: Database
    revisions: tuple[str, ...]
    subscriptions: VersionedCache[Subscription]
    enterprise: ApiKeyService
    billing: Billing
    companies: CompanyBilling
    chat: Chat
    privacy: Privacy
    invoicing: Invoicing
    authenticator: Authenticator
    documents: PublishedDocuments
    meter: Meter
    day_budgets: DayBudgets
    schema: GraphQLSchema
    graphql: Pipeline
    observations: Observations
    known_answers: KnownAnswers | None


@asynccontextmanager
async def open_application(
    settings: Settings, url: str, *, clock: Clock = system_clock
) -> AsyncIterator[Application]:
    """Build all parts on the database at `url`; leaving closes them in reverse order."""
    observations = Observations()
    async with AsyncExitStack() as stack:
        exporter = await stack.enter_async_context(open_exporter(settings))
        keyvalue = await stack.enter_async_context(open_keyvalue(settings))
        versions = await stack.enter_async_context(
            open_answer_versions(settings, keyvalue, observations)
        )
        # What services read of the time makes an answer that must not be remembered.
        edge_clock, clock = clock, clock if versions is None else watched(clock)
        database = await stack.enter_async_context(
            open_database(
                url,
                replica_url=settings.database_replica_url,
                pool_size=settings.database_pool_size,
                observe=observations.methods.observe if settings.database_timing else None,
                answer_seconds=settings.database_timeout_seconds,
                background_seconds=settings.database_background_timeout_seconds,
                max_age_seconds=settings.database_connection_max_age_seconds,
                keeps_statements=settings.database_pooler is None,
                replica_status=ReplicaStatus(
                    settings.database_replica_wait_seconds,
                    settings.database_replica_max_lag_seconds,
                    is_pooled=settings.database_pooler is not None,
                ),
                on_change=None if versions is None else versions.changed,
            )
        )
        await stack.enter_async_context(flushing_periodically(observations))
        await stack.enter_async_context(measuring_replica_lag(database))
        subscriptions = await stack.enter_async_context(
            open_subscription_cache(settings, keyvalue, observations, clock=clock)
        )
        budgets = await stack.enter_async_context(open_budgets(keyvalue))
        uses = LastUseRecorder(database)
        await stack.enter_async_context(uses.buffer)
        enterprise = ApiKeyService(database, uses, clock=clock, random_bytes=secrets.token_bytes)
        billing = await stack.enter_async_context(
            open_billing(settings, database, invalidate=subscriptions.invalidate, clock=clock)
        )
        chat = await stack.enter_async_context(open_chat(settings, database, keyvalue, clock=clock))
        people = KnownPeople(database)
        privacy = open_privacy(
            settings,
            database,
            forget=(people.forget, subscriptions.invalidate, billing.closing.close),
            forget_replies=chat.streams.forget,
            clock=clock,
        )
        invoicing = open_invoicing(settings, database, clock=clock)
        key_set = None
        if settings.jwt_jwks_url is not None:
            key_set = await stack.enter_async_context(KeySet(settings.jwt_jwks_url))
        tokens = TokenVerifier(signing_secrets(settings), key_set, edge_clock)
        core = core_schema(is_subgraph=settings.graphql_federation)
        turns = ConcurrencyLimiter(
            settings.graphql_most_at_once, most_suspended=settings.graphql_most_awaiting
        )
        meter = Meter(settings.cost_limits, budgets, turns)
        documents = await stack.enter_async_context(
            open_documents(settings, core, database, keyvalue, meter, clock=edge_clock)
        )
        usage = await stack.enter_async_context(open_usage_reports(settings, core))
        yield Application(
            settings=settings,
            clock=edge_clock,
            database=database,
            revisions=revisions(),
            subscriptions=subscriptions,
            enterprise=enterprise,
            billing=billing,
            companies=open_company_billing(settings, database, billing.provider, clock=clock),
            chat=chat,
            privacy=privacy,
            invoicing=invoicing,
            documents=documents.served,
            meter=meter,
            day_budgets=DayBudgets(keyvalue),
            schema=core,
            authenticator=Authenticator(tokens, enterprise, people),
            graphql=Pipeline(
                core,
                documents.found,
                database,
                services=Services(
                    billing=billing.service,
                    plan_changes=billing.plan_changes,
                    cancellation=billing.cancellation,
                    portal=billing.portal,
                    followers=billing.followers,
                    conversations=chat.conversations,
                    branches=chat.branches,
                    feedback=chat.feedback,
                    guidance=chat.guidance,
                    credentials=CredentialService(
                        database, clock=clock, random_bytes=secrets.token_bytes
                    ),
                    privacy=privacy.service,
                    links=privacy.links,
                    invoice_links=invoicing.links,
                    metered=chat.metered,
                    search=SearchService(database, MessageIndexer(database)),
                ),
                subscriptions=subscriptions,
                contract=settings.usage_contract,
                meter=meter,
                observations=observations,
                clock=edge_clock,
                deadline_seconds=settings.graphql_deadline_seconds,
                trace_share=settings.trace_share,
                exporter=exporter,
                usage=usage,
                positions=open_positions(
                    database, keyvalue, max_lag_seconds=settings.database_replica_max_lag_seconds
                ),
            ),
            observations=observations,
            known_answers=None if versions is None else KnownAnswers(versions),
        )
