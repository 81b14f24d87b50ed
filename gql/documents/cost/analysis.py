"""Computes the cost tree of a valid document, with fields merged as the executor merges them."""

from collections.abc import Iterable, Mapping, Sequence

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    get_named_type,
    is_composite_type,
)

from gql.documents.cost.field_merging import CollectedFields, Conditions, FieldMerger
from gql.documents.cost.introspection_cost import AnalysisLimitExceeded, IntrospectionCost
from gql.documents.cost.operation_cost import CostedField, OperationCost
from gql.documents.validation.introspection import INTROSPECTION
from gql.values.field_cost import field_cost
from gql.values.list_sizes import ONE, ListSize

MAX_SELECTIONS = 2_000
"""Selections that are visited; a document with more of them is taken for an attack."""
MAX_INTROSPECTED_OBJECTS = 100
"""Objects of the schema that an operation may ask for together with data."""


class CostAnalysis:
    """Computes the costs of the operations of one document; each selection is visited once."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._schema = schema
        self._merger = FieldMerger(schema, fragments)
        self._seen: dict[tuple[str, tuple[int, ...]], tuple[CostedField, ...]] = {}
        self._introspection = IntrospectionCost(schema, self._merger.merged_fields)

    def cost(self, operation: OperationDefinitionNode) -> OperationCost:
        """The cost of `operation`; raises `AnalysisLimitExceeded`."""
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            return OperationCost(())
        found = self._merger.collect_fields(root, [operation.selection_set])
        names = {nodes[0][0].name.value for nodes in found.values()}
        cost = OperationCost(
            self._fields(root, found),
            is_introspection=bool(names & INTROSPECTION)
            and names <= INTROSPECTION | {"__typename"},
        )
        if names & INTROSPECTION and not cost.is_introspection:
            beside = sum(one.own_cost for one in cost.fields if one.is_introspection)
            if beside > MAX_INTROSPECTED_OBJECTS:
                raise AnalysisLimitExceeded(
                    "So much of the schema is served to an operation of its own."
                )
        return cost

    def _fields(
        self, parent: GraphQLObjectType, found: CollectedFields, page: ListSize = ONE
    ) -> tuple[CostedField, ...]:
        costed = (self._field(parent, name, nodes, page) for name, nodes in found.items())
        return tuple(one for one in costed if one is not None)

    def _field(
        self,
        parent: GraphQLObjectType,
        name: str,
        found: Sequence[tuple[FieldNode, Conditions]],
        page: ListSize,
    ) -> CostedField | None:
        """The cost of a field; None for one that costs nothing."""
        node = found[0][0]
        definition = self._schema.get_field(parent, node.name.value)
        if definition is None:
            return None
        if node.name.value in INTROSPECTION:
            nodes = [one for one, _ in found]
            return _introspection(name, self._introspection.of(definition, nodes))
        weight, type_ = field_cost(parent, definition, node, page), get_named_type(definition.type)
        alternatives = self._alternatives(type_, [one for one, _ in found], weight.size)
        if not weight.own_cost and not weight.item_cost and not any(alternatives):
            return None
        conditions = {conditions for _, conditions in found}
        return CostedField(
            name=name,
            own_cost=weight.own_cost,
            item_cost=weight.item_cost,
            size=weight.size,
            is_connection=weight.is_connection,
            is_list=weight.is_list,
            # Selected under different conditions it counts as always selected.
            conditions=conditions.pop() if len(conditions) == 1 else (),
            alternatives=alternatives,
        )

    def _alternatives(
        self, type_: GraphQLNamedType, nodes: Sequence[FieldNode], page: ListSize
    ) -> tuple[tuple[CostedField, ...], ...]:
        if not is_composite_type(type_):
            return ()
        selected = tuple(
            dict.fromkeys(
                self._selected(object_type, nodes, page) for object_type in self._objects(type_)
            )
        )
        return selected if any(selected) else ()

    def _objects(self, type_: GraphQLNamedType) -> Iterable[GraphQLObjectType]:
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            return self._schema.get_possible_types(type_)
        return (type_,) if isinstance(type_, GraphQLObjectType) else ()

    def _selected(
        self, parent: GraphQLObjectType, nodes: Sequence[FieldNode], page: ListSize
    ) -> tuple[CostedField, ...]:
        key = parent.name, tuple(id(node) for node in nodes)
        fields = self._seen.get(key)
        if fields is None:
            if len(self._seen) >= MAX_SELECTIONS:
                raise AnalysisLimitExceeded("The document's fragments select in too many ways.")
            # Set before the recursion: fragments of valid documents form no cycles.
            self._seen[key] = ()
            sets = [node.selection_set for node in nodes if node.selection_set]
            fields = self._fields(parent, self._merger.collect_fields(parent, sets), page)
            self._seen[key] = fields
        return fields


def _introspection(name: str, own_cost: int) -> CostedField:
    return CostedField(
        name=name,
        own_cost=own_cost,
        item_cost=0,
        size=ONE,
        is_connection=False,
        is_list=False,
        conditions=(),
        alternatives=(),
        is_introspection=True,
    )
