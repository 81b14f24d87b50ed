"""Responses that the protocol sends itself: to malformed or late requests, and surplus connections.

The application never sees these requests; each has a log line.
"""

from dataclasses import dataclass

from app.http.error_responses import (
    BAD_REQUEST,
    INTERNAL_SERVER_ERROR,
    SERVICE_UNAVAILABLE,
    error_body,
)
from app.http.json_encoding import encode_json
from app.http.protocol.uvicorn_internals import STATUS_LINE
from app.http.request_head import REQUEST_ID, request_id_from
from app.logs import log_request

NOT_A_HANDSHAKE = "This is no handshake of a WebSocket."
HANDSHAKE_ERROR_HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status and its reason; `kind` is the label of its metric."""

    status: int
    kind: str
    message: str
    retry_after_seconds: int | None = None


TOO_MANY = Refusal(503, "too_many", "There are too many connections; try again later.", 1)
TOO_LONG = Refusal(431, "head_too_long", "The head of the request is too long.")
TRAILERS_TOO_LONG = Refusal(400, "malformed", "What is between the chunks is too long.")
HEAD_TOO_LATE = Refusal(408, "head_too_late", "The head of the request did not end in time.")
BODY_TOO_LATE = Refusal(408, "body_too_late", "The body of the request did not end in time.")


def malformed(message: str) -> Refusal:
    """The refusal of what is not HTTP, or ambiguous."""
    return Refusal(400, "malformed", message)


def log_refusal(status: int, reason: str) -> str:
    """Log a refused request under a new request id, which is returned."""
    request_id = request_id_from(None)
    log_request({"request_id": request_id, "status": status, "reason": reason})
    return request_id


def refusal_bytes(refusal: Refusal, request_id: str) -> bytes:
    """The whole response, after which the connection is closed."""
    code = SERVICE_UNAVAILABLE if refusal is TOO_MANY else BAD_REQUEST
    body = encode_json(error_body(refusal.message, code))
    fields = [
        b"content-type: application/json; charset=utf-8",
        b"content-length: %d" % len(body),
        b"cache-control: no-store",
        b"x-content-type-options: nosniff",
        REQUEST_ID + b": " + request_id.encode(),
        b"connection: close",
    ]
    if refusal.retry_after_seconds is not None:
        fields.append(b"retry-after: %d" % refusal.retry_after_seconds)
    return STATUS_LINE[refusal.status] + b"\r\n".join(fields) + b"\r\n\r\n" + body


def handshake_error_body(status: int) -> str:
    """The body of the response to an invalid WebSocket handshake."""
    if status >= _SERVER_ERROR:
        body = error_body("Something went wrong on our side.", INTERNAL_SERVER_ERROR)
    else:
        body = error_body(NOT_A_HANDSHAKE, BAD_REQUEST)
    return encode_json(body).decode()
