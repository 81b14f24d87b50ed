"""Error responses that have no location in a document: their codes, bodies, and the router's."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

BAD_REQUEST = "BAD_REQUEST"
NOT_FOUND = "NOT_FOUND"
INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
OVERLOADED = "OVERLOADED"
OVERLOADED_MESSAGE = "There is more to do than can be done; try again in a few seconds."
_NO_PATH, _NOTHING = 404, "There is nothing at this path; GraphQL is at /graphql."


# Any: a body is JSON.
def error_body(message: str, code: str) -> dict[str, Any]:
    """A body with one error."""
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def http_error_response(_request: Request, error: Exception) -> Response:
    """The response to an HTTPException of Starlette, with a code."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == _NO_PATH:
        return JSONResponse(error_body(_NOTHING, NOT_FOUND), _NO_PATH)
    body = error_body(f"{error.detail}.", BAD_REQUEST)
    return JSONResponse(body, error.status_code, error.headers)


def internal_error_response(_request: Request, _error: Exception) -> Response:
    """The response to a failure that nobody expected; the log has the failure."""
    body = error_body("Something went wrong on our side.", INTERNAL_SERVER_ERROR)
    return JSONResponse(body, 500)


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 404 to a request or WebSocket handshake that no route matches."""
    answer = JSONResponse(error_body(_NOTHING, NOT_FOUND), _NO_PATH)
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(answer)
    else:
        await answer(scope, receive, send)
