"""The cost of introspection: the number of objects in its answer."""

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    StringValueNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

MAX_VISITS = 20_000
"""Pairs of a selection and a part of the schema that are visited to compute the cost."""
Collect: TypeAlias = Callable[[GraphQLObjectType, Sequence[FieldNode]], list[list[FieldNode]]]
"""Returns the fields that nodes select of a type, merged as in the answer."""


class AnalysisLimitExceeded(Exception):
    """The document has more than the analysis visits; the message says of what."""


# Any: parts of a schema are of many classes.
class IntrospectionCost:
    """Counts the objects in the answer of an introspection.

    Each pair of a selection and a part of the schema is visited once.
    """

    def __init__(self, schema: GraphQLSchema, collect: Collect) -> None:
        self._schema = schema
        self._collect = collect
        self._information: Any = SimpleNamespace(schema=schema)
        self._counted: dict[tuple[tuple[int, ...], int], int] = {}

    def of(self, definition: GraphQLField, nodes: Sequence[FieldNode]) -> int:
        """The objects in the answer of one root field; the maximum, if a variable names the type.

        Raises `AnalysisLimitExceeded`.
        """
        type_ = get_named_type(definition.type)
        return max((self._objects(type_, nodes, one) for one in self._roots(nodes[0])), default=1)

    def _roots(self, node: FieldNode) -> Iterator[Any]:
        if node.name.value == "__schema":
            yield self._schema
            return
        (argument,) = node.arguments or ()
        if not isinstance(argument.value, StringValueNode):
            yield from self._schema.type_map.values()
        elif argument.value.value in self._schema.type_map:
            yield self._schema.type_map[argument.value.value]

    def _objects(self, parent: GraphQLNamedType, nodes: Sequence[FieldNode], source: Any) -> int:
        if not isinstance(parent, GraphQLObjectType):
            return 0
        # Fields and enum values are pairs with a name, which are new objects at each visit.
        part = source[1] if isinstance(source, tuple) else source
        key = tuple(map(id, nodes)), id(part)
        count = self._counted.get(key)
        if count is None:
            if len(self._counted) >= MAX_VISITS:
                raise AnalysisLimitExceeded("The document asks for too much of the schema.")
            self._counted[key] = 1
            below = (self._below(parent, one, source) for one in self._collect(parent, nodes))
            count = self._counted[key] = 1 + sum(below)
        return count

    def _below(self, parent: GraphQLObjectType, nodes: Sequence[FieldNode], source: Any) -> int:
        definition = self._schema.get_field(parent, nodes[0].name.value)
        if definition is None or definition.resolve is None or not nodes[0].selection_set:
            return 0
        all_ = {"includeDeprecated": True} if "includeDeprecated" in definition.args else {}
        value = definition.resolve(source, self._information, **all_)
        if value is None:
            return 0
        is_list = is_list_type(get_nullable_type(definition.type))
        type_ = get_named_type(definition.type)
        return sum(self._objects(type_, nodes, one) for one in (value if is_list else (value,)))
