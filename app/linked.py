"""Answers to links that open something without a sign-in: nobody keeps or passes them on."""

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.exchange import exchange_of
from app.http.error_bodies import NOT_FOUND, SERVICE_UNAVAILABLE, error_body

HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_log = structlog.get_logger("guidance.links")


def link_refused(status: int, message: str) -> Response:
    """The answer to a link that opens nothing."""
    return JSONResponse(error_body(message, NOT_FOUND), status, HEADERS)


def link_unavailable(request: Request, reason: str) -> Response:
    """The answer where we are to blame; the log has the reason."""
    _log.error(
        "a link cannot be answered", request_id=exchange_of(request.scope).request_id, reason=reason
    )
    message = "This cannot be answered at the moment; try again."
    body = error_body(message, SERVICE_UNAVAILABLE)
    return JSONResponse(body, 503, {**HEADERS, "retry-after": "1"})
