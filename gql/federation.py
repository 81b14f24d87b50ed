"""The schema as a subgraph of Federation 2: the same types, and what a router asks of them.

Keys are attached while it is built and printed, so that the plain schema has none.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from strawberry.federation import Schema
from strawberry.federation.schema_directives import Key, Shareable
from strawberry.federation.types import FieldSet
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

from gql.resolvers.entities import ENTITY_TYPES, federated_query
from gql.resolvers.mutation import Mutation
from gql.resolvers.subscription import Subscription
from gql.schema.connections import PageInfo
from gql.schema.directives import DIRECTIVES

_ID = FieldSet("id")


class Subgraph(Schema):
    """A schema that is printed once, while the directives are attached."""

    printed: str = ""

    def as_str(self) -> str:
        """The SDL."""
        return self.printed


def federated_schema(types: Sequence[type], config: StrawberryConfig) -> Subgraph:
    """Build the schema of the subgraph."""
    with _directives_attached():
        built = Subgraph(
            query=federated_query(lambda: built.printed),
            mutation=Mutation,
            subscription=Subscription,
            types=types,
            directives=DIRECTIVES,  # type: ignore[arg-type]  # the library's own type is another
            config=config,
            federation_version="2.7",
        )
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
