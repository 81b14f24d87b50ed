"""Refusals of /chat/stream: errors in the form of GraphQL's, with a status of their own."""

from typing import Any

import orjson

from app.graphql.pipeline.error_formatting import OUTCOME_UNKNOWN
from app.graphql.pipeline.responses import OperationResponse
from app.graphql.request.content_negotiation import JSON
from app.graphql.transports.chat_stream.chats import UserErrors
from app.graphql.transports.http.json_response import JsonResponse
from app.graphql.transports.http.response_headers import response_headers
from app.graphql.transports.http.statuses import status_of
from app.http.error_responses import INTERNAL_SERVER_ERROR, SERVICE_UNAVAILABLE
from app.http.json_encoding import encode_json
from app.settings.fields.field_types import StatusProfile
from gql.errors import Forbidden, Unauthenticated
from services.mutations.refusals import UserErrorCode

_STATUSES = {
    UserErrorCode.NO_ACTIVE_SUBSCRIPTION.name: 402,
    UserErrorCode.NOT_FOUND.name: 404,
    UserErrorCode.CONFLICT.name: 409,
    UserErrorCode.IDEMPOTENCY_KEY_REUSED.name: 409,
    UserErrorCode.QUOTA_EXCEEDED.name: 429,
    UserErrorCode.LLM_UNAVAILABLE.name: 503,
    Unauthenticated.code: 401,
    Forbidden.code: 403,
    SERVICE_UNAVAILABLE: 503,
    OUTCOME_UNKNOWN: 503,
    INTERNAL_SERVER_ERROR: 500,
}
_OTHER = 400


def response_to_refused(answer: OperationResponse) -> JsonResponse:
    """The response where an operation was refused, or a field of it failed."""
    # Any: JSON. The data was encoded where it was made.
    body: dict[str, Any] = orjson.loads(encode_json(answer.body))
    status = status_of(answer, StatusProfile.CURRENT, is_plain_json=False)
    if answer.was_executed and not answer.is_unavailable:
        status = _STATUSES.get(body["errors"][0]["extensions"]["code"], _OTHER)
    return JsonResponse(status, {"errors": body["errors"]}, JSON, response_headers(answer))


def response_to_user_errors(refused: UserErrors) -> JsonResponse:
    """The response where a mutation changed nothing."""
    first, retry = refused.errors[0], refused.errors[0]["retryAfterSeconds"]
    errors = [
        {"message": one["message"], "extensions": {"code": one["code"]}} for one in refused.errors
    ]
    fields = [] if retry is None else [(b"retry-after", b"%d" % retry)]
    return JsonResponse(_STATUSES.get(first["code"], _OTHER), {"errors": errors}, JSON, fields)
