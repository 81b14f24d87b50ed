"""JSON bodies of error responses that have no location in a document, and the codes in them."""

from typing import Any

BAD_REQUEST = "BAD_REQUEST"
NOT_FOUND = "NOT_FOUND"
INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
OVERLOADED = "OVERLOADED"
OVERLOADED_MESSAGE = "There is more to do than can be done; try again in a few seconds."


# Any: a body is JSON.
def error_body(message: str, code: str) -> dict[str, Any]:
    """A body with one error."""
    return {"errors": [{"message": message, "extensions": {"code": code}}]}
