"""What a registry is told of an operation: its text without values, and what it uses."""

from typing import NamedTuple

from graphql import GraphQLSchema, parse

from gql.documents.operation import Operation
from gql.documents.registry.normalization import normalize_document
from gql.documents.registry.schema_usage import schema_usage


class UsageRecord(NamedTuple):
    """An operation as Hive's reports have it."""

    key: str
    text: str
    name: str | None
    coordinates: tuple[str, ...]


def usage_record(schema: GraphQLSchema, operation: Operation) -> UsageRecord:
    """The record of an operation; the work is linear in its size.

    Literal values are replaced by variables first, as they may be anybody's words.
    """
    normalized = (
        operation.normalized[0] if operation.normalized else normalize_document(schema, operation)
    )
    used = schema_usage(parse(normalized.text, no_location=True), schema).coordinates
    return UsageRecord(
        normalized.id,
        normalized.text,
        normalized.name,
        tuple(sorted(_dotted(one) for one in used if not one.startswith("@"))),
    )


def _dotted(coordinate: str) -> str:
    """`Query.node(id:)` as Hive writes it: `Query.node.id`."""
    return coordinate.replace("(", ".").removesuffix(":)")
