"""The ways in which a document can be requested, as the bytes of an HTTP request."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any
from urllib.parse import urlencode

import orjson

from db.database import open_database
from gql.documents.registry.built_in import PUBLISHER
from gql.documents.trusted_documents import TrustedDocument, trusted_documents
from perf.gate.execution.in_process import NOW
from perf.servers.connection import encode_get, encode_post
from services.callers.principal import Anonymous, Principal
from services.documents.identifiers import hash_of
from services.documents.records import ToolLimits
from services.documents.tools import ToolService

_UNLIMITED = ToolLimits(*6 * (2**31 - 1,))
_JSON, _EVENTS = "application/json", "text/event-stream"


class Way(Enum):
    """How a document is requested; the value follows "is requested" in a sentence."""

    POST = "by POST"
    GET = "by GET"
    TEXT = "as a text"
    TOOL = "as a tool"


def ways_of(document: TrustedDocument, principal: Principal) -> Iterator[Way]:
    """The ways open to a caller: only queries go by GET, and only known callers call tools."""
    yield from (Way.POST, Way.TEXT)
    if document.text.startswith("query"):
        yield Way.GET
    if not isinstance(principal, Anonymous):
        yield Way.TOOL


@asynccontextmanager
async def as_tools(url: str, names: Collection[str]) -> AsyncIterator[None]:
    """Have our own documents be tools of agents, in the database at `url`, during the block."""
    async with open_database(url, replica_url=None, pool_size=1, observe=None) as database:
        tools = ToolService(database, clock=lambda: NOW)
        for name in names:
            await tools.set(PUBLISHER, name, _UNLIMITED)
        try:
            yield
        finally:
            for name in names:
                await tools.remove(PUBLISHER, name)


# Any, below: variables are JSON.
def encode_request(
    way: Way,
    document: TrustedDocument,
    variables: Mapping[str, Any],
    credential: Mapping[str, str],
) -> bytes:
    """The bytes of a request; `credential` are its header fields."""
    if way is Way.TOOL:
        return _tool_call(document, variables, credential)
    if way is Way.GET:
        asked = _identified(document) | {"variables": orjson.dumps(variables).decode()}
        return encode_get(f"/graphql?{urlencode(asked)}", accept=_JSON, **credential)
    is_own = way is Way.POST and document.name in trusted_documents()
    body: dict[str, Any] = {**(_identified(document) if is_own else {"query": document.text})}
    if variables:
        body["variables"] = variables
    accept = _EVENTS if document.text.startswith("subscription") else _JSON
    return encode_post("/graphql", orjson.dumps(body), accept=accept, **credential)


def _identified(document: TrustedDocument) -> dict[str, str]:
    return {"documentId": hash_of(document.text)}


def _tool_call(
    document: TrustedDocument, variables: Mapping[str, Any], credential: Mapping[str, str]
) -> bytes:
    params = {"name": document.name, "arguments": variables}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return encode_post("/mcp", orjson.dumps(call), accept=f"{_JSON}, {_EVENTS}", **credential)
