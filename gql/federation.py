"""The schema as a subgraph of Federation 2: the same types, and what a router asks of them.

Keys are attached while it is built and printed, so that the plain schema has none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from strawberry.federation import Schema
from strawberry.federation.schema_directives import Key, Shareable
from strawberry.federation.types import FieldSet
from strawberry.printer import print_schema

from gql.resolvers.entities import ENTITY_TYPES, federated_query
from gql.schema.connections import PageInfo

_ID = FieldSet("id")


class Subgraph(Schema):
    """A schema that is printed once, while the directives are attached."""

    printed: str = ""

    def as_str(self) -> str:
        """The SDL."""
        return self.printed


# Any: what strawberry's schemas are made of.
def federated_schema(**parts: Any) -> Subgraph:
    """Build the schema of the subgraph, of the same parts as the plain one but for its query."""
    with _directives_attached():
        query = federated_query(lambda: built.printed)
        built = Subgraph(query=query, federation_version="2.7", **parts)
        built.printed = print_schema(built)
    return built


@contextmanager
def _directives_attached() -> Iterator[None]:
    """Attach the directives of Federation to the types while the block runs."""
    # Any: strawberry's definitions.
    definitions: list[tuple[Any, object]] = [
        *((cls.__strawberry_definition__, Key(fields=_ID)) for cls in ENTITY_TYPES),  # type: ignore[attr-defined]  # strawberry adds it
        # Relay's type, which most subgraphs have.
        (PageInfo.__strawberry_definition__, Shareable()),  # type: ignore[attr-defined]  # as above
    ]
    before = [definition.directives for definition, _ in definitions]
    for definition, directive in definitions:
        definition.directives = [*(definition.directives or ()), directive]
    try:
        yield
    finally:
        for (definition, _), directives in zip(definitions, before, strict=True):
            definition.directives = directives
