"""Errors made short: how many a client is told of, where they are, and how long each may be."""

from typing import Any

from graphql import GraphQLError, SourceLocation

from gql.execution.parsing import Place

MOST_ERRORS = 20
"""Of one document, or of one request's variables; looking for more stops there."""
MOST_FIELD_ERRORS = 100
"""Of one answer; the fields that failed besides are counted in a last one."""
LONGEST_MESSAGE = 500
"""Characters of a message, which may repeat what a client wrote."""
_MOST_LOCATIONS = 20


def detached(error: GraphQLError) -> GraphQLError:
    """The error as it is told, without the document: one that is kept holds nothing else."""
    one = GraphQLError(_clipped(error.message), path=error.path, extensions=error.extensions)
    one.locations = locations_of(error)
    return one


def locations_of(error: GraphQLError) -> list[SourceLocation] | None:
    """Where the error's nodes begin, as many as are told; no text is looked through for it."""
    nodes = (error.nodes or ())[:_MOST_LOCATIONS]
    # Any: graphql-core believes that it is a location of its own.
    places: list[Any] = [node.loc for node in nodes if isinstance(node.loc, Place)]
    return places or error.locations


# Any: a formatted error is JSON.
def formatted(error: GraphQLError) -> dict[str, Any]:
    """The error as the specification has it, with its message clipped."""
    told: dict[str, Any] = {"message": _clipped(error.message)}
    locations = locations_of(error)
    if locations:
        told["locations"] = [{"line": one.line, "column": one.column} for one in locations]
    if error.path is not None:
        told["path"] = error.path
    if error.extensions:
        told["extensions"] = error.extensions
    return told


def _clipped(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"
