"""The response to every exception; refusals are charged to their callers before."""

from graphql import GraphQLError

from app.authentication.authenticator import AuthenticationUnavailable, NotAuthenticated
from app.graphql.metering.charge import THROTTLED, Throttled
from app.graphql.metering.meter import Meter
from app.graphql.pipeline.call import UNAUTHENTICATED, OperationCall
from app.graphql.pipeline.error_formatting import format_errors, outcome_of, refusal_body
from app.graphql.pipeline.outcomes import RETRY_SECONDS, is_database_unavailable
from app.graphql.pipeline.responses import OperationResponse
from app.graphql.request.bad_request import BadRequest
from app.http.error_responses import SERVICE_UNAVAILABLE, error_body
from gql.documents.operation import RequestRefused
from gql.errors import DeadlineExceeded, Unauthenticated
from gql.runtime.subscriptions import StreamFailed
from metrics.observations import Outcome
from services.callers.principal import Anonymous

_FREE = frozenset({THROTTLED, SERVICE_UNAVAILABLE})
"""Codes of refusals that are not charged: they are our fault, or charged already."""


class FailureResponses:
    """Gives responses to exceptions. So that a flood of bad requests is throttled, it charges them.

    A throttled caller waits for its response.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    async def response_to(self, error: Exception, call: OperationCall) -> OperationResponse:
        """The response to what was raised; to `Throttled` instead if a refusal cannot be paid."""
        if isinstance(error, Throttled):
            await self._meter.hold_back()
        elif _is_charged(error):
            try:
                await self._meter.charge_refusal(
                    Anonymous(call.address) if call.principal is UNAUTHENTICATED else call.principal
                )
            except Throttled as throttled:
                error = throttled
        return _response_to(error, call.request_id)


def _is_charged(error: Exception) -> bool:
    if isinstance(error, RequestRefused):
        return error.code not in _FREE
    return isinstance(error, BadRequest | NotAuthenticated)


def _response_to(error: Exception, request_id: str) -> OperationResponse:
    if isinstance(error, RequestRefused):
        return _refused(error)
    if isinstance(error, BadRequest):
        response = _rejected(error, error.code)
        response.status, response.fields = error.status, error.fields
        return response
    if isinstance(error, NotAuthenticated):
        return _rejected(error, Unauthenticated.code)
    if isinstance(error, AuthenticationUnavailable):
        response = _rejected(error, SERVICE_UNAVAILABLE, Outcome.SERVER_ERROR)
        response.retry_after_seconds = RETRY_SECONDS
        return response
    return _failed(operation_error(error), request_id)


def operation_error(error: Exception) -> GraphQLError:
    """What failed an operation as a whole, as an error of it; formatting masks the unexpected."""
    if isinstance(error, StreamFailed):
        return error.error
    if isinstance(error, DeadlineExceeded):
        return error
    return GraphQLError(str(error), original_error=error)


def _rejected(
    error: Exception, code: str, outcome: Outcome = Outcome.CLIENT_ERROR
) -> OperationResponse:
    """The response to a request that was not read as far as an operation."""
    body = error_body(str(error), code)
    return OperationResponse(body, was_executed=False, outcome=outcome, refusal=code)


def _refused(refusal: RequestRefused) -> OperationResponse:
    """The response to a request that is refused instead of executed."""
    body = refusal_body(refusal.errors, refusal.code)
    response = OperationResponse(
        body, was_executed=False, outcome=outcome_of(body["errors"]), refusal=refusal.code
    )
    if isinstance(refusal, Throttled):
        response.outcome, response.level = Outcome.PROTECTED, refusal.level
        response.retry_after_seconds = refusal.retry_after_seconds
        if refusal.extensions is not None:
            body["extensions"] = refusal.extensions
    return response


def _failed(error: GraphQLError, request_id: str) -> OperationResponse:
    """The response to an operation that failed as a whole: errors, and no `data`."""
    errors = format_errors([error], request_id)
    code = errors[0]["extensions"]["code"]
    is_passing = is_database_unavailable(errors) or code == DeadlineExceeded.code
    return OperationResponse(
        {"errors": errors},
        was_executed=False,
        outcome=outcome_of(errors),
        retry_after_seconds=RETRY_SECONDS if is_passing else None,
        refusal=code,
    )
