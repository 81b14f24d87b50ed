"""Documents: what finds operations, and what keeps the trusted ones up to date."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from graphql import GraphQLSchema

from app.composition.shared_stores import persisted_query_store
from app.graphql.documents.charged_preparation import ChargedPreparation
from app.graphql.documents.lookup import OperationLookup
from app.graphql.documents.preparation_thread import open_preparation_thread
from app.graphql.documents.published import PublishedDocuments
from app.graphql.metering.meter import Meter
from app.settings import Settings
from db.database import Database
from gql.compiler.plan_cache import Compile, compile_now
from gql.documents.document_cache import DocumentCache
from gql.documents.registry.trusted_operations import TrustedOperations
from keyvalue import KeyValue
from services.clock import Clock
from services.documents.registry import OperationRegistry
from services.documents.usage import DocumentUsageCounter


@dataclass(frozen=True, slots=True)
class DocumentParts:
    """The parts of documents."""

    found: OperationLookup
    served: PublishedDocuments


@asynccontextmanager
async def open_documents(
    settings: Settings,
    schema: GraphQLSchema,
    database: Database,
    keyvalue: KeyValue | None,
    meter: Meter,
    *,
    clock: Clock,
) -> AsyncIterator[DocumentParts]:
    """Build the parts; documents are loaded by `PublishedDocuments.serving`."""
    trusted, uses = TrustedOperations(), DocumentUsageCounter(database)
    with open_preparation_thread() as thread:
        preparation = DocumentCache(
            schema,
            limits=settings.document_limits,
            allows_introspection=settings.allows_introspection,
            is_compiled=settings.graphql_compiled_execution,
            compile_=thread.compile,
        )
        of_routers = None
        if settings.recognises_routers:
            texts_of_routers = DocumentCache(
                schema,
                limits=settings.document_limits,
                allows_introspection=True,
                is_compiled=settings.graphql_compiled_execution,
                compile_=thread.compile,
            )
            of_routers = ChargedPreparation(texts_of_routers, meter, thread)
        found = OperationLookup(
            schema,
            ChargedPreparation(preparation, meter, thread),
            trusted,
            mode=settings.graphql_operations_mode,
            requires_id=settings.graphql_operations_require_id,
            texts=persisted_query_store(settings, keyvalue),
            uses=uses,
            clock=clock,
            of_routers=of_routers,
        )
        lasting = trusted_preparation(
            settings,
            schema,
            hides_suggestions=not settings.allows_introspection,
            compile_=thread.compile,
        )
        registry = OperationRegistry(database, clock=clock)
        yield DocumentParts(found, PublishedDocuments(registry, lasting, trusted, uses, thread))


def trusted_preparation(
    settings: Settings,
    schema: GraphQLSchema,
    *,
    hides_suggestions: bool,
    compile_: Compile = compile_now,
) -> DocumentCache:
    """A preparation for trusted documents, which must not contain introspection."""
    return DocumentCache(
        schema,
        limits=settings.document_limits,
        allows_introspection=False,
        hides_suggestions=hides_suggestions,
        is_compiled=settings.graphql_compiled_execution,
        compile_=compile_,
    )
