"""/graphql over HTTP: POST and GET, as the GraphQL-over-HTTP draft of August 2026 has it."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.authentication.authenticator import (
    AuthenticationUnavailable,
    Authenticator,
    NotAuthenticated,
)
from app.graphql.request import BAD_REQUEST, BadRequest, read_request
from app.graphql.service import Answer, GraphQLService, refused
from app.graphql.wording import SERVICE_UNAVAILABLE, message_body
from gql.errors import Unauthenticated
from gql.execution.prepare import RequestRefused

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
_ANY = ("*/*", "application/*")
_RETRY_SECONDS = "1"


class GraphQLEndpoint:
    """Answers HTTP requests for operations."""

    def __init__(
        self, service: GraphQLService, authenticator: Authenticator, *, max_body_bytes: int
    ) -> None:
        self._service = service
        self._authenticator = authenticator
        self._max_body_bytes = max_body_bytes

    async def answer(self, request: Request) -> Response:
        """Answer one request; expected failures have a status, a message and a code."""
        media_type = acceptable_media_type(request.headers.get("accept"))
        if media_type is None:
            message = f"This endpoint answers with {GRAPHQL_JSON} or {JSON}."
            return _response(406, message_body(message, "NOT_ACCEPTABLE"), JSON)
        try:
            answer = await self._answer(request)
        except BadRequest as error:
            body = message_body(str(error), BAD_REQUEST)
            return _response(error.status, body, media_type, error.headers)
        except NotAuthenticated as error:
            body = message_body(str(error), Unauthenticated.code)
            return _response(401, body, media_type, {"www-authenticate": "Bearer"})
        except AuthenticationUnavailable as error:
            body = message_body(str(error), SERVICE_UNAVAILABLE)
            return _response(503, body, media_type, {"retry-after": _RETRY_SECONDS})
        request.state.log.update(
            operation=answer.operation_name,
            outcome=answer.outcome.value,
            statements=len(answer.statements),
        )
        return _response(200 if answer.was_executed else 400, answer.body, media_type)

    async def _answer(self, request: Request) -> Answer:
        principal = await self._authenticator.principal(request.headers)
        asked = await read_request(request, max_body_bytes=self._max_body_bytes)
        try:
            operation = self._service.prepare(asked)
            if operation.kind == "subscription":
                raise BadRequest(400, "Subscriptions are served over WebSocket.")
            if operation.kind == "mutation" and request.method == "GET":
                raise BadRequest(405, "A mutation must be sent with POST.", {"allow": "POST"})
            return await self._service.answer(operation, asked, principal, request.state.request_id)
        except RequestRefused as refusal:
            return refused(refusal)


def acceptable_media_type(accept: str | None) -> str | None:
    """The media type to answer with: the one preferred of ours, None when neither is accepted."""
    if accept is None:
        return GRAPHQL_JSON
    best, best_quality = None, 0.0
    for part in accept.lower().split(","):
        media_type, quality = _with_quality(part)
        ours = JSON if media_type == JSON else GRAPHQL_JSON
        if media_type in {JSON, GRAPHQL_JSON, *_ANY} and quality > best_quality:
            best, best_quality = ours, quality
    return best


def _with_quality(part: str) -> tuple[str, float]:
    media_type, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media_type, float(value)
            except ValueError:
                return media_type, 0.0
    return media_type, 1.0


# Any: the body is JSON.
def _response(
    status: int, body: dict[str, Any], media_type: str, headers: dict[str, str] | None = None
) -> Response:
    return Response(orjson.dumps(body), status, headers, f"{media_type}; charset=utf-8")
