"""The routes of /mcp, from the parts of the process; only imported where tools are served."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.routing import BaseRoute

from app.graphql.transports.mcp.calls import ToolCalls
from app.graphql.transports.mcp.catalogue import ToolCatalogue
from app.graphql.transports.mcp.endpoint import open_mcp
from app.http.origins import AllowedOrigins
from app.wiring import Application


@asynccontextmanager
async def open_tools(application: Application) -> AsyncIterator[Sequence[BaseRoute]]:
    """Serve the documents that are tools while the block runs."""
    settings, documents = application.settings, application.documents
    catalogue = ToolCatalogue(application.schema, lambda: documents.tools)
    calls = ToolCalls(
        application.schema,
        catalogue,
        application.graphql,
        application.day_budgets,
        application.clock,
    )
    async with open_mcp(
        catalogue,
        calls,
        application.authenticator,
        max_body_bytes=settings.graphql_max_body_bytes,
        allowed_origins=AllowedOrigins(
            settings.graphql_allowed_origins, allows_local=not settings.is_production
        ),
        url=settings.mcp_url,
        authorization_servers=settings.mcp_authorization_servers,
    ) as routes:
        yield routes
