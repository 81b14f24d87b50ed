"""Errors as clients read them: a message, where, and a code; the unknown ones masked."""

from collections.abc import Sequence
from typing import Any

import structlog
from graphql import GraphQLError

from gql.execution.run import code_of
from metrics.observations import Outcome

INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
_log = structlog.get_logger("guidance.graphql")


# Any: a formatted error is JSON.
def refusal_body(errors: Sequence[GraphQLError], code: str) -> dict[str, Any]:
    """The body of an answer to what was not executed: no `data`."""
    return {"errors": [_with_code(error, code) for error in errors]}


def message_body(message: str, code: str) -> dict[str, Any]:
    """The body of an answer that is one error without a place."""
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def worded(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """A field's error; one that nobody expected is logged, and named by the request id alone."""
    code = code_of(error)
    if code is not None:
        return _with_code(error, code)
    _log.error(
        "unexpected failure",
        request_id=request_id,
        field=".".join(str(key) for key in error.path or ()),
        exc_info=error.original_error or error,
    )
    masked = GraphQLError(
        "Something went wrong on our side; the request id tells us what.",
        nodes=error.nodes,
        path=error.path,
        extensions={"requestId": request_id},
    )
    return _with_code(masked, INTERNAL_SERVER_ERROR)


def outcome_of(errors: Sequence[dict[str, Any]]) -> Outcome:
    """What the worded errors make of the request."""
    codes = {error["extensions"]["code"] for error in errors}
    if INTERNAL_SERVER_ERROR in codes:
        return Outcome.SERVER_ERROR
    return Outcome.CLIENT_ERROR if codes else Outcome.OK


def _with_code(error: GraphQLError, code: str) -> dict[str, Any]:
    formatted: dict[str, Any] = dict(error.formatted)
    formatted["extensions"] = {**(error.extensions or {}), "code": code}
    return formatted
