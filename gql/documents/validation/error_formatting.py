"""Formats errors for clients: a bounded number, with locations, each of a bounded length."""

from typing import Any

from graphql import GraphQLError, SourceLocation

from gql.documents.validation.parsing import NodeLocation

MAX_ERRORS = 20
"""Errors of one document, or of one request's variables; the search for more stops there."""
MAX_FIELD_ERRORS = 100
"""Field errors of one answer; a last one counts the rest."""
MAX_MESSAGE_LENGTH = 500
"""Characters of a message, which may quote what a client sent."""
_MAX_LOCATIONS = 20


def without_document(error: GraphQLError) -> GraphQLError:
    """A copy of the error that does not refer to its document, which can then be freed."""
    one = GraphQLError(_clipped(error.message), path=error.path, extensions=error.extensions)
    one.locations = error_locations(error)
    return one


def error_locations(error: GraphQLError) -> list[SourceLocation] | None:
    """The locations of the error's nodes, up to a bound, without searching the text."""
    nodes = (error.nodes or ())[:_MAX_LOCATIONS]
    # Any: typed as graphql-core's own `Location`.
    places: list[Any] = [node.loc for node in nodes if isinstance(node.loc, NodeLocation)]
    return places or error.locations


# Any: a formatted error is JSON.
def formatted(error: GraphQLError) -> dict[str, Any]:
    """The error as the GraphQL specification defines it, with a bounded message."""
    entry: dict[str, Any] = {"message": _clipped(error.message)}
    locations = error_locations(error)
    if locations:
        entry["locations"] = [{"line": one.line, "column": one.column} for one in locations]
    if error.path is not None:
        entry["path"] = error.path
    if error.extensions:
        entry["extensions"] = error.extensions
    return entry


def _clipped(message: str) -> str:
    return (
        message if len(message) <= MAX_MESSAGE_LENGTH else message[: MAX_MESSAGE_LENGTH - 1] + "…"
    )
