"""HTTP statuses of responses: those of the GraphQL-over-HTTP draft, and those in common use.

https://github.com/graphql/graphql-over-http, as of August 2026.
"""

from app.graphql.documents.refusals import DOCUMENT_STATUSES
from app.graphql.metering.charge import THROTTLED
from app.graphql.pipeline.error_formatting import OUTCOME_UNKNOWN
from app.graphql.pipeline.responses import OperationResponse
from app.http.error_responses import INTERNAL_SERVER_ERROR, SERVICE_UNAVAILABLE
from app.settings.fields.field_types import StatusProfile
from gql.documents.document_cache import PARSE_FAILED
from gql.errors import DeadlineExceeded, Unauthenticated

CLIENT_GONE = 499
"""Logged for a client that disconnected before the response."""
_EXECUTED, _EXECUTED_WITH_ERRORS = 200, 294
_MALFORMED, _UNPROCESSABLE = 400, 422
_ALWAYS = {
    THROTTLED: 429,
    INTERNAL_SERVER_ERROR: 500,
    SERVICE_UNAVAILABLE: 503,
    OUTCOME_UNKNOWN: 503,
    DeadlineExceeded.code: 504,
    Unauthenticated.code: 401,
    **DOCUMENT_STATUSES,
}


def status_of(answer: OperationResponse, profile: StatusProfile, *, is_plain_json: bool) -> int:
    """The status of a response.

    A client that asks for `application/json` (`is_plain_json`) gets 200 for any well-formed
    GraphQL request, as the specification says.
    """
    is_draft = profile is StatusProfile.DRAFT and not is_plain_json
    if answer.status is not None:
        return answer.status
    if answer.is_unavailable:
        return _ALWAYS[SERVICE_UNAVAILABLE]
    if answer.was_executed:
        return _EXECUTED_WITH_ERRORS if is_draft and "errors" in answer.body else _EXECUTED
    if answer.refusal in _ALWAYS:
        return _ALWAYS[answer.refusal]
    if is_plain_json:
        return _EXECUTED
    is_text = answer.refusal == PARSE_FAILED
    return _UNPROCESSABLE if is_draft and not is_text else _MALFORMED
