"""Formats errors for clients: with a code, and unexpected ones masked and logged."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import structlog
from graphql import GraphQLError

from app.http.error_responses import INTERNAL_SERVER_ERROR, SERVICE_UNAVAILABLE
from db.connections.errors import DatabaseUnavailable, OutcomeUnknown
from gql.documents.validation.error_formatting import MAX_ERRORS, MAX_FIELD_ERRORS, formatted
from gql.errors import DeadlineExceeded
from gql.runtime.execution import error_code
from gql.runtime.tracebacks import clear_tracebacks
from metrics.observations import Outcome

OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
_OUR_FAULT = frozenset(
    {INTERNAL_SERVER_ERROR, SERVICE_UNAVAILABLE, OUTCOME_UNKNOWN, DeadlineExceeded.code}
)
_UNKNOWN = (
    "Whether this was done is not known: the answer of the database was lost. Ask again with the "
    "same idempotencyKey, or look, before doing it anew."
)
_log = structlog.get_logger("guidance.graphql")


# Any: a formatted error is JSON.
def refusal_body(errors: Sequence[GraphQLError], code: str) -> dict[str, Any]:
    """The body of a response to what was not executed: no `data`."""
    clear_tracebacks(errors)
    return {"errors": [_with_code(error, code) for error in errors]}


def format_errors(errors: Sequence[GraphQLError], request_id: str) -> list[dict[str, Any]]:
    """Format errors of fields; an unexpected one shows only the request id.

    Unexpected exceptions are logged, once each however many fields they failed, and only the first
    of many. The errors lose their tracebacks: their frames refer to the errors, a reference cycle
    that would keep the whole request in memory.
    """
    ours = {error.original_error: error for error in errors if error_code(error) is None}
    away = [cause for cause in ours if isinstance(cause, DatabaseUnavailable)]
    if away:
        _log.error("database unavailable", request_id=request_id, reason=str(away[0]))
    for cause, error in islice(ours.items(), MAX_ERRORS):
        if cause not in away:
            _log.error(
                "unexpected failure",
                request_id=request_id,
                field=".".join(str(key) for key in error.path or ()),
                exc_info=cause,
            )
    clear_tracebacks(errors)
    listed = [_format_error(error, request_id) for error in errors[:MAX_FIELD_ERRORS]]
    rest = errors[MAX_FIELD_ERRORS:]
    return [*listed, _summary(rest, request_id)] if rest else listed


def _summary(errors: Sequence[GraphQLError], request_id: str) -> dict[str, Any]:
    """One error for all that are not listed, with the code of the worst of them."""
    worst = next((one for one in errors if error_code(one) is None), errors[0])
    code = _format_error(worst, request_id)["extensions"]["code"]
    message = f"{len(errors)} more errors are not told one by one."
    return {"message": message, "extensions": {"code": code}}


def _format_error(error: GraphQLError, request_id: str) -> dict[str, Any]:
    code = error_code(error)
    if code is not None:
        return _with_code(error, code)
    if isinstance(error.original_error, OutcomeUnknown):
        message, code = _UNKNOWN, OUTCOME_UNKNOWN
    elif isinstance(error.original_error, DatabaseUnavailable):
        message, code = "This cannot be answered at the moment; try again.", SERVICE_UNAVAILABLE
    else:
        message = "Something went wrong on our side; the request id tells us what."
        code = INTERNAL_SERVER_ERROR
    masked = GraphQLError(
        message, nodes=error.nodes, path=error.path, extensions={"requestId": request_id}
    )
    return _with_code(masked, code)


def outcome_of(errors: Sequence[dict[str, Any]]) -> Outcome:
    """The outcome that formatted errors mean."""
    codes = {error["extensions"]["code"] for error in errors}
    if not codes.isdisjoint(_OUR_FAULT):
        return Outcome.SERVER_ERROR
    return Outcome.CLIENT_ERROR if codes else Outcome.OK


def _with_code(error: GraphQLError, code: str) -> dict[str, Any]:
    body = formatted(error)
    body["extensions"] = {**(error.extensions or {}), "code": code}
    return body
