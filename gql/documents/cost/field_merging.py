"""Collects the fields of selections, spreading and merging fragments like the executor."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

from gql.documents.cost.operation_cost import Condition

Conditions: TypeAlias = tuple[Condition, ...]
CollectedFields: TypeAlias = dict[str, list[tuple[FieldNode, Conditions]]]


class FieldMerger:
    """Merges the selections of one document."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._merges: dict[tuple[int, ...], list[list[FieldNode]]] = {}

    def merged_fields(
        self, parent: GraphQLObjectType, nodes: Sequence[FieldNode]
    ) -> list[list[FieldNode]]:
        """The fields that the nodes select, each as the list of its nodes; computed once."""
        key = tuple(map(id, nodes))
        merged = self._merges.get(key)
        if merged is None:
            sets = [node.selection_set for node in nodes if node.selection_set]
            found = self.collect_fields(parent, sets).values()
            merged = self._merges[key] = [[node for node, _ in one] for one in found]
        return merged

    def collect_fields(
        self, parent: GraphQLObjectType, sets: Sequence[SelectionSetNode]
    ) -> CollectedFields:
        """The fields that the sets select of a type, by response name."""
        found: CollectedFields = {}
        visited: set[tuple[str, Conditions]] = set()
        for selection_set in sets:
            self._collect(parent, selection_set, (), found, visited)
        return found

    def _collect(
        self,
        parent: GraphQLObjectType,
        selection_set: SelectionSetNode,
        outer: Conditions,
        found: CollectedFields,
        visited: set[tuple[str, Conditions]],
    ) -> None:
        for selection in selection_set.selections:
            own = _conditions(selection.directives or ())
            if own is None:
                continue
            conditions = (*outer, *own)
            if isinstance(selection, FieldNode):
                name = (selection.alias or selection.name).value
                found.setdefault(name, []).append((selection, conditions))
                continue
            fragment: InlineFragmentNode | FragmentDefinitionNode | None = None
            if isinstance(selection, FragmentSpreadNode):
                key = selection.name.value, conditions
                if key in visited:
                    continue
                visited.add(key)
                fragment = self._fragments[selection.name.value]
            elif isinstance(selection, InlineFragmentNode):
                fragment = selection
            if fragment is not None and self._applies(fragment, parent):
                self._collect(parent, fragment.selection_set, conditions, found, visited)

    def _applies(
        self, fragment: InlineFragmentNode | FragmentDefinitionNode, parent: GraphQLObjectType
    ) -> bool:
        if fragment.type_condition is None:
            return True
        name = fragment.type_condition.name.value
        if name == parent.name:
            return True
        type_ = self._schema.get_type(name)
        return (
            type_ is not None
            and is_abstract_type(type_)
            and self._schema.is_sub_type(type_, parent)
        )


def _conditions(directives: Iterable[DirectiveNode]) -> Conditions | None:
    """The variables that decide on a selection; None for one that is never included."""
    conditions: list[Condition] = []
    for directive in directives:
        if directive.name.value not in {"include", "skip"}:
            continue
        wanted = directive.name.value == "include"
        (argument,) = directive.arguments or ()
        if isinstance(argument.value, VariableNode):
            conditions.append((argument.value.name.value, wanted))
        elif isinstance(argument.value, BooleanValueNode) and argument.value.value is not wanted:
            return None
    return tuple(conditions)
