"""Calls of tools, by the client of the `mcp` library."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from tests.app.graphql.transports.mcp.conftest import Tools
from tests.fixtures.servers.tools import agent
from tests.fixtures.stores.world import ADA

T = TypeVar("T")
ERAS = pytest.mark.parametrize("mode", ["auto", "legacy"])


def as_(tools: Tools, viewer: int, work: Callable[[Client], Awaitable[T]], **options: Any) -> T:
    """What comes of an agent's work for a person."""

    async def working() -> T:
        async with agent(tools.api, tools.api.credentials(viewer), **options) as client:
            return await work(client)

    return asyncio.run(working())


# Any: arguments are JSON.
def call(
    tools: Tools, name: str, arguments: dict[str, Any] | None = None, viewer: int = ADA, **more: Any
) -> CallToolResult:
    """The result of one call."""
    return as_(tools, viewer, lambda client: client.call_tool(name, arguments, **more))


def text_of(result: CallToolResult) -> str:
    """What an agent reads."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


# Any: events have values of many types.
def statements(logs: list[Any]) -> int:
    """How many statements the requests have run that ask for an operation."""
    return sum(one.get("statements", 0) for one in logs if one["event"] == "request")
