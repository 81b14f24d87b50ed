"""Responses of links that work without signing in: not cached, and without a referrer."""

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.http.error_responses import NOT_FOUND, SERVICE_UNAVAILABLE, error_body
from app.http.exchange import exchange_of

HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_log = structlog.get_logger("guidance.links")


def link_refused(status: int, message: str) -> Response:
    """The response to a link that does not work."""
    return JSONResponse(error_body(message, NOT_FOUND), status, HEADERS)


def link_unavailable(request: Request, reason: str) -> Response:
    """The 503 response to a link that cannot be served now; the reason is logged."""
    _log.error(
        "a link cannot be answered", request_id=exchange_of(request.scope).request_id, reason=reason
    )
    message = "This cannot be answered at the moment; try again."
    body = error_body(message, SERVICE_UNAVAILABLE)
    return JSONResponse(body, 503, {**HEADERS, "retry-after": "1"})
