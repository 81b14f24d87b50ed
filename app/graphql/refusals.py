"""What is wrong with the document of a request, in the codes that clients know.

Those of automatic persisted queries are Apollo Server's, whose status is 200 where the client is to
send the text; those of trusted documents are the Apollo Router's.
"""

from graphql import GraphQLError

from app.graphql.bad_request import BAD_REQUEST
from app.graphql.wording import SERVICE_UNAVAILABLE
from gql.execution.prepare import RequestRefused
from metrics.observations import Outcome


class DocumentRefused(RequestRefused):
    """The document cannot be had, or may not run; `status` is that of the answer over HTTP."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        is_transient: bool = False,
        outcome: Outcome = Outcome.CLIENT_ERROR,
    ) -> None:
        super().__init__(code, [GraphQLError(message)])
        self.status = status
        self.is_transient = is_transient
        self.outcome = outcome


def text_is_needed() -> DocumentRefused:
    """Of a hash that is not known: the client is to send it with the text."""
    # urql compares this message.
    return DocumentRefused(
        200, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", is_transient=True
    )


def not_supported() -> DocumentRefused:
    """Of a hash where none are registered: the client is to send texts alone."""
    return DocumentRefused(
        200, "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported", is_transient=True
    )


def wrong_hash() -> DocumentRefused:
    """Of a text that has another hash."""
    return DocumentRefused(400, BAD_REQUEST, "The hash is not that of the document.")


def id_and_text() -> DocumentRefused:
    """Of a request that names a document and brings one."""
    message = "A request has the id of a document or its text, not both."
    return DocumentRefused(400, "CANNOT_SEND_PQ_ID_AND_BODY", message)


def id_is_needed() -> DocumentRefused:
    """Of a text where only ids are taken."""
    message = "Documents are run by their id alone."
    return DocumentRefused(400, "PERSISTED_QUERY_ID_REQUIRED", message)


def not_in_list() -> DocumentRefused:
    """Of an id that nobody registered."""
    return DocumentRefused(404, "PERSISTED_QUERY_NOT_IN_LIST", "No document has this id.")


def not_in_safelist() -> DocumentRefused:
    """Of a text that nobody registered."""
    return DocumentRefused(403, "QUERY_NOT_IN_SAFELIST", "This document is not registered.")


def not_known_yet() -> DocumentRefused:
    """Of an id, while the registry could not be read."""
    message = "The documents cannot be read at the moment; try again."
    return DocumentRefused(503, SERVICE_UNAVAILABLE, message, outcome=Outcome.SERVER_ERROR)
