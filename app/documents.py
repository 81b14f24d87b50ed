"""The documents that requests may run, built once a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graphql import GraphQLSchema

from app.graphql.documents import Documents
from app.persisted import open_texts
from app.settings import Settings
from gql.execution.prepare import Preparation
from gql.execution.trusted import TrustedOperations


@asynccontextmanager
async def open_documents(settings: Settings, schema: GraphQLSchema) -> AsyncIterator[Documents]:
    """Build what finds the operations of requests."""
    preparation = Preparation(
        schema,
        limits=settings.document_limits,
        allows_introspection=settings.allows_introspection,
        is_compiled=settings.graphql_compiled_execution,
    )
    async with open_texts(settings) as texts:
        yield Documents(preparation, TrustedOperations(), texts=texts)
