"""Reports of usage to a schema registry, where one is set."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graphql import GraphQLSchema

from app.graphql.pipeline.usage_reports import UsageReports, reporting
from app.settings import Settings
from clients.registry.usage import UsageClient


@asynccontextmanager
async def open_usage_reports(
    settings: Settings, schema: GraphQLSchema
) -> AsyncIterator[UsageReports | None]:
    """Report usage while the block runs; None where no endpoint is set."""
    endpoint, token = settings.hive_usage_endpoint, settings.hive_token
    if endpoint is None:
        yield None
        return
    secret = None if token is None else token.get_secret_value()
    async with (
        UsageClient(endpoint, secret) as client,
        reporting(UsageReports(schema, client)) as reports,
    ):
        yield reports
