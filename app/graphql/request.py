"""A GraphQL request out of an HTTP request, or the reason why it is none."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from app.graphql.answers import GraphQLRequest
from app.graphql.bad_request import BadRequest
from app.graphql.named_document import named_document


async def read_request(request: Request, *, max_body_bytes: int) -> GraphQLRequest:
    """Read a POST's JSON body or a GET's parameters; raises `BadRequest`."""
    if request.method == "GET":
        return from_members(dict(request.query_params), "parameters")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise BadRequest(415, "Send the request as application/json.")
    return parse_members(await _body(request, max_body_bytes))


def parse_members(body: bytes | str) -> GraphQLRequest:
    """Read a request's JSON; raises `BadRequest`."""
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest(400, "The body is not JSON.") from None
    if not isinstance(members, dict):
        raise BadRequest(400, "The body must be a JSON object.")
    return from_members(members, "members")


async def _body(request: Request, max_bytes: int) -> bytes:
    too_large = BadRequest(413, f"The body is larger than {max_bytes} bytes.")
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise too_large
    chunks: list[bytes] = []
    received = 0
    try:
        async for chunk in request.stream():
            received += len(chunk)
            if received > max_bytes:
                raise too_large
            chunks.append(chunk)
    except ClientDisconnect:
        raise BadRequest(400, "The connection ended before the body did.") from None
    return b"".join(chunks)


# Any: members are JSON of unknown shape until they are checked here.
def from_members(members: Mapping[str, Any], kind: str) -> GraphQLRequest:
    """The request in a JSON object's members, or a URL's parameters; raises `BadRequest`."""
    query, name, variables, extensions = (
        members.get(key) for key in ("query", "operationName", "variables", "extensions")
    )
    if not isinstance(query, str | None):
        raise BadRequest(400, "`query` must be a text.")
    if not isinstance(name, str | None):
        raise BadRequest(400, "`operationName` must be a text.")
    if kind == "parameters":
        variables = _json_object(variables, "variables")
        extensions = _json_object(extensions, "extensions")
    if not isinstance(variables, dict | None):
        raise BadRequest(400, "`variables` must be an object.")
    if not isinstance(extensions, dict | None):
        raise BadRequest(400, "`extensions` must be an object.")
    named = named_document(members, extensions)
    if not query and named is None:
        raise BadRequest(400, f"The {kind} must have `query`, a text, or `documentId`.")
    if named is None:
        return GraphQLRequest(query, name or None, variables)
    return GraphQLRequest(query or None, name or None, variables, named.id, named.is_automatic)


def _json_object(text: str | None, name: str) -> object:
    if text is None:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest(400, f"`{name}` is not JSON.") from None
