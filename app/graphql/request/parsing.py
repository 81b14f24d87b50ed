"""Parses the GraphQL requests in an HTTP request."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, TypeAlias

from app.graphql.request.bad_request import BadRequest
from app.graphql.request.bounded_json import InvalidJson, bounded_json
from app.graphql.request.document_id import document_reference
from app.graphql.request.graphql_request import GraphQLRequest
from app.graphql.request.http_request import GraphQLHttpRequest
from app.http.csrf import PREFLIGHT_FIELDS, is_json, may_be_forged
from app.http.protocol.complete_messages import take_complete_body
from gql.runtime.error_behavior import ErrorBehavior

_MOST_REMEMBERED, _LONGEST_REMEMBERED = 1_000, 300
_TEXT, _OBJECT = (str, NoneType), (dict, NoneType)
_ON_ERROR = "onError"
_BEHAVIORS = ErrorBehavior.__members__


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Limits of HTTP requests: body size, batch size, and origins."""

    max_body_bytes: int
    max_batch: int = 0
    allowed_origins: Container[str] = ()
    remembered: dict[bytes, GraphQLRequest] = field(default_factory=dict, repr=False)
    """A cache of parsed bodies that have only a document id: the same are sent all the time."""


ParsedRequest: TypeAlias = GraphQLRequest | tuple[GraphQLRequest, ...]
"""A single request, or those of a batch."""


async def read_request(request: GraphQLHttpRequest, limits: RequestLimits) -> ParsedRequest:
    """Read a POST's JSON body or the parameters of a GET or HEAD; raises `BadRequest`."""
    if request.method != "POST":
        _check_not_forged(request, limits)
        return parse_members(request.parameters, "parameters")
    if not request.options.is_json:
        raise BadRequest(415, "Send the request as application/json.")
    if request.options.is_encoded:
        message = "The body must not be encoded."
        raise BadRequest(415, message, [(b"accept-encoding", b"identity")])
    cycle = request.exchange.cycle
    body = None if cycle is None else take_complete_body(cycle)
    if body is None or len(body) > limits.max_body_bytes:
        body = await request.body(limits.max_body_bytes, body)
    return limits.remembered.get(body) or _parse(body, limits)


def _parse(body: bytes, limits: RequestLimits) -> ParsedRequest:
    try:
        members = bounded_json(body)
    except InvalidJson as error:
        raise BadRequest(400, f"The body {error}.") from None
    if isinstance(members, list):
        return _parse_batch(members, limits.max_batch)
    one = _parse_one(members)
    if not (one.query or one.variables) and len(body) <= _LONGEST_REMEMBERED:
        if len(limits.remembered) >= _MOST_REMEMBERED:
            limits.remembered.clear()
        limits.remembered[body] = one
    return one


def _check_not_forged(request: GraphQLHttpRequest, limits: RequestLimits) -> None:
    if request.headers.get("content-type") and not is_json(request.headers):
        raise BadRequest(415, "The content type of a request without a body is application/json.")
    if may_be_forged(request.headers, limits.allowed_origins):
        message = (
            "A page of another site may have sent this. Send the content type application/json, "
            f"or a header {PREFLIGHT_FIELDS[0]}."
        )
        raise BadRequest(400, message)


def _parse_batch(members: list[Any], most: int) -> tuple[GraphQLRequest, ...]:
    if not most:
        raise BadRequest(400, "The body must be a JSON object; batches are not served.")
    if not 1 <= len(members) <= most:
        raise BadRequest(400, f"A batch has {len(members)} operations; 1 to {most} are served.")
    return tuple(_parse_one(one) for one in members)


def _parse_one(members: object) -> GraphQLRequest:
    if not isinstance(members, dict):
        raise BadRequest(400, "The body must be a JSON object.")
    return parse_members(members, "members")


# Any: members are JSON of unknown shape until they are checked here.
def parse_members(members: Mapping[str, Any], kind: str) -> GraphQLRequest:
    """The request in a JSON object's members, or a URL's parameters; raises `BadRequest`."""
    query, name = members.get("query"), members.get("operationName")
    variables, extensions = members.get("variables"), members.get("extensions")
    if not isinstance(query, _TEXT):
        raise BadRequest(400, "`query` must be a text.")
    if not isinstance(name, _TEXT):
        raise BadRequest(400, "`operationName` must be a text.")
    if kind == "parameters" and variables is not None:
        variables = _json_object(variables, "variables")
    if not isinstance(variables, _OBJECT):
        raise BadRequest(400, "`variables` must be an object.")
    if kind == "parameters" and extensions is not None:
        extensions = _json_object(extensions, "extensions")
    if not isinstance(extensions, _OBJECT):
        raise BadRequest(400, "`extensions` must be an object.")
    named = document_reference(members, extensions)
    if named is not None:
        asked = GraphQLRequest(query or None, name or None, variables, named.id, named.is_automatic)
    elif query:
        asked = GraphQLRequest(query, name or None, variables)
    else:
        raise BadRequest(400, f"The {kind} must have `query`, a text, or `documentId`.")
    if _ON_ERROR in members and members[_ON_ERROR] is not None:
        asked = asked._replace(on_error=_error_behavior(members[_ON_ERROR]))
    return asked


def _error_behavior(name: object) -> ErrorBehavior:
    behavior = _BEHAVIORS.get(name) if isinstance(name, str) else None
    if behavior is None:
        raise BadRequest(400, f"`{_ON_ERROR}` must be {', '.join(_BEHAVIORS)}.")
    return behavior


def _json_object(text: str, name: str) -> object:
    try:
        return bounded_json(text)
    except InvalidJson as error:
        raise BadRequest(400, f"`{name}` {error}.") from None
