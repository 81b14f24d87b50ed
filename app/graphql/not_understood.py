"""The answer to an HTTP request for which no operation could be looked for."""

from app.authentication.authenticator import AuthenticationUnavailable, NotAuthenticated
from app.graphql.accept import Accepted
from app.graphql.bad_request import BadRequest
from app.graphql.reply import Reply
from app.graphql.wording import SERVICE_UNAVAILABLE, message_body
from gql.errors import Unauthenticated

_RETRY_SECONDS = b"1"


def not_understood(
    error: BadRequest | NotAuthenticated | AuthenticationUnavailable, types: Accepted
) -> Reply:
    """Its status says why, and its body in words."""
    if isinstance(error, BadRequest):
        return Reply(error.status, message_body(str(error), error.code), types.json, error.fields)
    if isinstance(error, NotAuthenticated):
        body = message_body(str(error), Unauthenticated.code)
        return Reply(401, body, types.json, [(b"www-authenticate", b"Bearer")])
    body = message_body(str(error), SERVICE_UNAVAILABLE)
    return Reply(503, body, types.json, [(b"retry-after", _RETRY_SECONDS)])
