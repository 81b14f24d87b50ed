"""What is wrong with the document of a request, in the codes that clients know.

Those of automatic persisted queries are Apollo Server's, which answers 200 where the client is to
send the text; those of trusted documents are the Apollo Router's.
"""

from graphql import GraphQLError, VariableDefinitionNode

from app.graphql.bad_request import BAD_REQUEST
from app.graphql.wording import SERVICE_UNAVAILABLE
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
"""The HTTP status of each, whichever answers a client expects otherwise."""
ASK_FOR_TEXT = frozenset({NOT_FOUND, NOT_SUPPORTED})
"""Those after which the same client asks otherwise, so that no cache may keep them."""


def text_is_needed() -> RequestRefused:
    """Of a hash that is not known: the client is to send it with the text."""
    # urql compares this message.
    return _refused(NOT_FOUND, "PersistedQueryNotFound")


def not_supported() -> RequestRefused:
    """Of a hash where none are registered: the client is to send texts alone."""
    return _refused(NOT_SUPPORTED, "PersistedQueryNotSupported")


def wrong_hash() -> RequestRefused:
    """Of a text that has another hash."""
    return _refused(BAD_REQUEST, "The hash is not that of the document.")


def id_and_text() -> RequestRefused:
    """Of a request that names a document and brings one."""
    return _refused(ID_AND_TEXT, "A request has the id of a document or its text, not both.")


def id_is_needed() -> RequestRefused:
    """Of a text where only ids are taken."""
    return _refused(ID_REQUIRED, "Documents are run by their id alone.")


def not_in_list() -> RequestRefused:
    """Of an id that nobody registered."""
    return _refused(NOT_IN_LIST, "No document has this id.")


def not_in_safelist() -> RequestRefused:
    """Of a text that nobody registered."""
    return _refused(NOT_IN_SAFELIST, "This document is not registered.")


def not_read_yet() -> RequestRefused:
    """Of an id, while the registry could not be read."""
    message = "The documents cannot be read at the moment; try again."
    return _refused(SERVICE_UNAVAILABLE, message)


def variables_misfit(refused: RequestRefused) -> RequestRefused:
    """The same refusal, of variables, without a word about the types in the schema."""
    return RequestRefused(refused.code, [_without_types(error) for error in refused.errors])


def _without_types(error: GraphQLError) -> GraphQLError:
    for node in error.nodes or ():
        if isinstance(node, VariableDefinitionNode):
            return GraphQLError(f"The value of '${node.variable.name.value}' does not fit.")
    return GraphQLError("The variables do not fit.")


def _refused(code: str, message: str) -> RequestRefused:
    return RequestRefused(code, [GraphQLError(message)])
