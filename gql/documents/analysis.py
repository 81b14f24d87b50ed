"""From a valid document to the tree of what it costs, fields merged as the executor merges them."""

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

from gql.documents.cost import CostedField, OperationCost
from gql.documents.introspection import INTROSPECTION
from gql.documents.introspection_cost import IntrospectionCost, TooMuch
from gql.documents.merging import Conditions, Found, Merging
from gql.values.sizes import ONE, Size
from gql.values.weighing import weighed

MOST_SELECTIONS = 2_000
"""How many selections are looked at; a document with more of them is one that means harm."""
MOST_BESIDE = 100
"""How many objects of the schema an operation may ask for beside anything else."""


class Analysis:
    """Finds what the operations of one document cost; each selection is looked at once."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._schema = schema
        self._merging = Merging(schema, fragments)
        self._seen: dict[tuple[str, tuple[int, ...]], tuple[CostedField, ...]] = {}
        self._introspection = IntrospectionCost(schema, self._merging.merged)

    def cost(self, operation: OperationDefinitionNode) -> OperationCost:
        """What `operation` costs; raises `TooMuch`."""
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            return OperationCost(())
        found = self._merging.collected(root, [operation.selection_set])
        names = {nodes[0][0].name.value for nodes in found.values()}
        cost = OperationCost(
            self._fields(root, found),
            is_introspection=bool(names & INTROSPECTION)
            and names <= INTROSPECTION | {"__typename"},
        )
        if names & INTROSPECTION and not cost.is_introspection:
            beside = sum(one.own for one in cost.fields if one.is_introspection)
            if beside > MOST_BESIDE:
                raise TooMuch("So much of the schema is served to an operation of its own.")
        return cost

    def _fields(
        self, parent: GraphQLObjectType, found: Found, page: Size = ONE
    ) -> tuple[CostedField, ...]:
        costed = (self._field(parent, name, nodes, page) for name, nodes in found.items())
        return tuple(one for one in costed if one is not None)

    def _field(
        self,
        parent: GraphQLObjectType,
        name: str,
        found: Sequence[tuple[FieldNode, Conditions]],
        page: Size,
    ) -> CostedField | None:
        """The field that costs something; None for one that is free."""
        node = found[0][0]
        definition = self._schema.get_field(parent, node.name.value)
        if definition is None:
            return None
        if node.name.value in INTROSPECTION:
            nodes = [one for one, _ in found]
            return _introspection(name, self._introspection.of(definition, nodes))
        weight, type_ = weighed(parent, definition, node, page), get_named_type(definition.type)
        alternatives = self._alternatives(type_, [one for one, _ in found], weight.size)
        if not weight.own and not weight.each and not any(alternatives):
            return None
        conditions = {conditions for _, conditions in found}
        return CostedField(
            name=name,
            own=weight.own,
            each=weight.each,
            size=weight.size,
            is_connection=weight.is_connection,
            is_list=weight.is_list,
            # Wanted in several ways it is taken to be wanted.
            conditions=conditions.pop() if len(conditions) == 1 else (),
            alternatives=alternatives,
        )

    def _alternatives(
        self, type_: GraphQLNamedType, nodes: Sequence[FieldNode], page: Size
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
        self, parent: GraphQLObjectType, nodes: Sequence[FieldNode], page: Size
    ) -> tuple[CostedField, ...]:
        key = parent.name, tuple(id(node) for node in nodes)
        fields = self._seen.get(key)
        if fields is None:
            if len(self._seen) >= MOST_SELECTIONS:
                raise TooMuch("The document's fragments select in too many ways.")
            # Known before it is whole: valid documents do not come back to it.
            self._seen[key] = ()
            sets = [node.selection_set for node in nodes if node.selection_set]
            fields = self._fields(parent, self._merging.collected(parent, sets), page)
            self._seen[key] = fields
        return fields


def _introspection(name: str, own: int) -> CostedField:
    return CostedField(
        name=name,
        own=own,
        each=0,
        size=ONE,
        is_connection=False,
        is_list=False,
        conditions=(),
        alternatives=(),
        is_introspection=True,
    )
