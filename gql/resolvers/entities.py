"""The fields of the query root that routers of a supergraph ask: its entities, and its schema.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, Union

import strawberry
from strawberry.federation.schema import FederationAny

from gql.context import Info, RequestContext
from gql.errors import BadUserInput
from gql.resolvers.nodes import FETCHED_TYPES, NodeResult, fetch_node
from gql.resolvers.query import Query
from gql.schema import described
from gql.schema.node import Node
from gql.values.cost_weights import Weight
from gql.values.ids import parse_global_id
from gql.values.mapped_future import failed_future
from gql.values.mappings import Sourced

ENTITY_TYPES: tuple[type[Node], ...] = tuple(
    cls
    for cls in sorted(Node.__subclasses__(), key=lambda cls: cls.__name__)
    if cls.__name__ in FETCHED_TYPES
)
"""Every type whose objects `node` fetches by their id."""
_NAMES = frozenset(cls.__name__ for cls in ENTITY_TYPES)
_SERVICE_WEIGHT = Weight(own_cost=100)

if TYPE_CHECKING:
    Entity: TypeAlias = Node
else:
    Entity = Annotated[
        Union[ENTITY_TYPES],  # noqa: UP007 - of as many as there are
        strawberry.union("_Entity", description="An object that other subgraphs can refer to."),
    ]
Representations = Annotated[
    list[FederationAny],
    strawberry.argument(description="Each has `__typename` and the `id` of an object."),
]


@strawberry.type(name="_Service", description="What this subgraph adds to a supergraph.")
class Service:
    """The subgraph, as a router asks for it."""

    sdl: str = strawberry.field(description="The schema, with the directives of Federation.")


def federated_query(sdl: Callable[[], str]) -> type:
    """The query root of a subgraph, whose schema is printed as `sdl` says."""

    @strawberry.type(name="Query", description=Query.__strawberry_definition__.description)  # type: ignore[attr-defined]  # strawberry adds it
    class FederatedQuery(Query):
        @described.field(
            "Objects by their representations, in this order, each as `node` gives it.",
            Weight(slicing_argument="representations"),
            name="_entities",
        )
        def federation_entities(
            self, info: Info, representations: Representations
        ) -> Sourced[list[Entity | None], list[NodeResult]]:
            return [_entity(info.context, one) for one in representations]

        @described.field("This subgraph.", _SERVICE_WEIGHT, name="_service")
        def federation_service(self) -> Service:
            return Service(sdl=sdl())

    return FederatedQuery


# Any: a representation is JSON of any shape.
def _entity(context: RequestContext, representation: Any) -> Awaitable[Node | None] | Node | None:
    """The object; for what represents none, a future that has failed for this item alone."""
    try:
        type_name, id_ = _reference(representation)
        return fetch_node(context, id_) if parse_global_id(id_)[0] == type_name else None
    except BadUserInput as error:
        return failed_future(error)


# Any: as above.
def _reference(representation: Any) -> tuple[str, str]:
    """The name of a type and a global id; raises `BadUserInput`."""
    members = representation if isinstance(representation, dict) else {}
    type_name, id_ = members.get("__typename"), members.get("id")
    if not isinstance(type_name, str) or type_name not in _NAMES:
        raise BadUserInput("A representation has the `__typename` of an entity of this subgraph.")
    if not isinstance(id_, str):
        raise BadUserInput("A representation has the `id` of its object.")
    return type_name, id_
