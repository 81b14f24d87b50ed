"""Refusals of documents, with the error codes that clients know.

Those of automatic persisted queries are Apollo Server's, which answers 200 when the client has to
send the text; those of trusted documents are the Apollo Router's.
"""

from graphql import GraphQLError, VariableDefinitionNode

from app.http.error_responses import BAD_REQUEST, SERVICE_UNAVAILABLE
from gql.documents.operation import RequestRefused

NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
ID_AND_TEXT = "CANNOT_SEND_PQ_ID_AND_BODY"
ID_REQUIRED = "PERSISTED_QUERY_ID_REQUIRED"
NOT_IN_LIST = "PERSISTED_QUERY_NOT_IN_LIST"
NOT_IN_SAFELIST = "QUERY_NOT_IN_SAFELIST"
DOCUMENT_STATUSES = {
    NOT_FOUND: 200,
    NOT_SUPPORTED: 200,
    ID_AND_TEXT: 400,
    ID_REQUIRED: 400,
    NOT_IN_LIST: 404,
    NOT_IN_SAFELIST: 403,
    BAD_REQUEST: 400,
}
"""The HTTP status of each, independent of the media type."""
ASK_FOR_TEXT = frozenset({NOT_FOUND, NOT_SUPPORTED})
"""Refusals after which the client repeats its request with the text: not cacheable."""


def persisted_query_not_found() -> RequestRefused:
    """The hash is unknown: the client has to send it with the text."""
    # urql compares this message.
    return _refused(NOT_FOUND, "PersistedQueryNotFound")


def persisted_queries_not_supported() -> RequestRefused:
    """There are no automatic persisted queries: the client has to send only texts."""
    return _refused(NOT_SUPPORTED, "PersistedQueryNotSupported")


def hash_mismatch() -> RequestRefused:
    """The text has another hash."""
    return _refused(BAD_REQUEST, "The hash is not that of the document.")


def id_and_text() -> RequestRefused:
    """The request has the id of a document and also a text."""
    return _refused(ID_AND_TEXT, "A request has the id of a document or its text, not both.")


def id_required() -> RequestRefused:
    """Only ids are accepted, and the request has a text."""
    return _refused(ID_REQUIRED, "Documents are run by their id alone.")


def not_in_list() -> RequestRefused:
    """No document has this id."""
    return _refused(NOT_IN_LIST, "No document has this id: it is published first.")


def not_in_safelist() -> RequestRefused:
    """The text is not that of a trusted document."""
    return _refused(NOT_IN_SAFELIST, "This document is not registered.")


def documents_not_loaded() -> RequestRefused:
    """The id is unknown, but the registry has not been loaded yet."""
    message = "The documents cannot be read at the moment; try again."
    return _refused(SERVICE_UNAVAILABLE, message)


def without_type_names(refused: RequestRefused) -> RequestRefused:
    """The same refusal of variables, without the names of types in the schema."""
    return RequestRefused(refused.code, [_without_types(error) for error in refused.errors])


def _without_types(error: GraphQLError) -> GraphQLError:
    for node in error.nodes or ():
        if isinstance(node, VariableDefinitionNode):
            return GraphQLError(f"The value of '${node.variable.name.value}' does not fit.")
    return GraphQLError("The variables do not fit.")


def _refused(code: str, message: str) -> RequestRefused:
    return RequestRefused(code, [GraphQLError(message)])
