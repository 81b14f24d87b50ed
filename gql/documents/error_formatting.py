"""Errors as clients get them: at most so many, with their locations, each of a bounded length."""

from typing import Any

from graphql import GraphQLError, SourceLocation

from gql.documents.parsing import Place

MOST_ERRORS = 20
"""Of one document, or of one request's variables; looking for more stops there."""
MOST_FIELD_ERRORS = 100
"""Of one answer; the fields that failed besides are counted in a last one."""
LONGEST_MESSAGE = 500
"""Characters of a message, which may repeat what a client wrote."""
_MOST_LOCATIONS = 20


def detached(error: GraphQLError) -> GraphQLError:
    """The error as clients get it, without the document, which would be kept together with it."""
    one = GraphQLError(_clipped(error.message), path=error.path, extensions=error.extensions)
    one.locations = locations_of(error)
    return one


def locations_of(error: GraphQLError) -> list[SourceLocation] | None:
    """Where the error's nodes begin, up to a bound; the text is not searched for them."""
    nodes = (error.nodes or ())[:_MOST_LOCATIONS]
    # Any: graphql-core believes that it is a location of its own.
    places: list[Any] = [node.loc for node in nodes if isinstance(node.loc, Place)]
    return places or error.locations


# Any: a formatted error is JSON.
def formatted(error: GraphQLError) -> dict[str, Any]:
    """The error as the specification has it, with its message clipped."""
    entry: dict[str, Any] = {"message": _clipped(error.message)}
    locations = locations_of(error)
    if locations:
        entry["locations"] = [{"line": one.line, "column": one.column} for one in locations]
    if error.path is not None:
        entry["path"] = error.path
    if error.extensions:
        entry["extensions"] = error.extensions
    return entry


def _clipped(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"
