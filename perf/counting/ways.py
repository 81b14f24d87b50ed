"""The ways in which a document can be requested, as the bytes of an HTTP request."""

from collections.abc import Mapping
from enum import Enum
from typing import Any
from urllib.parse import urlencode

import orjson

from gql.documents.trusted_documents import TrustedDocument, trusted_documents
from perf.servers.connection import encode_get, encode_post
from services.documents.identifiers import hash_of

_JSON, _EVENTS = "application/json", "text/event-stream"


class Way(Enum):
    """How a document is requested; the value follows "is requested" in a sentence."""

    POST = "by POST"
    GET = "by GET"
    TEXT = "as a text"
    TOOL = "as a tool"


# Any, in this module: variables are JSON.
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
