"""Normalizes documents: each literal value is replaced by a variable of its type.

A normalized document tells which operation a program runs, without any personal data. It is valid
itself, and can do no more than the document from which it was made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputType,
    GraphQLSchema,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    VisitorAction,
    parse_type,
    print_ast,
    visit,
)
from graphql.language import SKIP

from gql.documents.operation import Operation
from gql.documents.registry.worst_case_cost import worst_case_cost_of_normalized
from services.documents.identifiers import hash_of
from services.documents.records import NormalizedDocument

Definition: TypeAlias = OperationDefinitionNode | FragmentDefinitionNode
_NO_VALUES = (VariableNode, EnumValueNode, BooleanValueNode, NullValueNode)
"""Values that stay: names of the schema, and values that cannot be personal data."""


def normalize_document(schema: GraphQLSchema, operation: Operation) -> NormalizedDocument:
    """One operation of a valid document, normalized, with only the fragments that it uses."""
    definition = operation.definition
    fragments = sorted(_used(operation), key=lambda fragment: fragment.name.value)
    variables = _Variables(
        {one.variable.name.value for one in definition.variable_definitions or ()}
    )
    types = TypeInfo(schema)
    lifter = TypeInfoVisitor(types, _ValueLifter(types, variables))
    document: DocumentNode = visit(DocumentNode(definitions=(definition, *fragments)), lifter)
    text = print_ast(_declared(document, variables.definitions))
    return NormalizedDocument(
        hash_of(text), text, operation.name, worst_case_cost_of_normalized(operation)
    )


def _used(operation: Operation) -> Iterator[FragmentDefinitionNode]:
    """The fragments that the operation uses, directly or through other fragments."""
    finder = _SpreadFinder()
    visit(operation.definition, finder)
    seen: set[str] = set()
    while finder.names:
        name = finder.names.pop()
        if name not in seen:
            seen.add(name)
            fragment = operation.fragment_definitions[name]
            yield fragment
            visit(fragment, finder)


class _SpreadFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_args: object) -> None:
        self.names.add(node.name.value)


@dataclass
class _Variables:
    """The variables that replace values; their names avoid those that are `taken`."""

    taken: set[str]
    definitions: list[VariableDefinitionNode] = field(default_factory=list)

    def new(self, type_: GraphQLInputType | None) -> VariableNode:
        """A new variable of a type."""
        number = len(self.definitions) + 1
        while f"value{number}" in self.taken:
            number += 1
        name = f"value{number}"
        self.taken.add(name)
        variable = VariableNode(name=NameNode(value=name))
        self.definitions.append(
            VariableDefinitionNode(variable=variable, type=parse_type(str(type_)))
        )
        return variable


class _ValueLifter(Visitor):
    """Replaces values in the arguments of fields; those of directives are only switches."""

    def __init__(self, types: TypeInfo, variables: _Variables) -> None:
        super().__init__()
        self._types = types
        self._variables = variables

    def enter_directive(self, _node: DirectiveNode, *_args: object) -> VisitorAction:
        return SKIP

    def enter_operation_definition(
        self, node: OperationDefinitionNode, *_args: object
    ) -> OperationDefinitionNode:
        return replace(node, description=None)

    def enter_fragment_definition(
        self, node: FragmentDefinitionNode, *_args: object
    ) -> FragmentDefinitionNode:
        return replace(node, description=None)

    def leave_variable_definition(
        self, node: VariableDefinitionNode, *_args: object
    ) -> VariableDefinitionNode:
        bare = replace(node, description=None)
        if node.default_value is None or not _is_value(node.default_value):
            return bare
        # Without its default the variable must be non-null, to be allowed where null is not.
        type_ = node.type
        if isinstance(type_, NamedTypeNode | ListTypeNode):
            type_ = NonNullTypeNode(type=type_)
        return replace(bare, type=type_, default_value=None)

    def enter_argument(self, node: ArgumentNode, *_args: object) -> ArgumentNode:
        return replace(node, value=self._lifted(node.value))

    def enter_object_field(self, node: ObjectFieldNode, *_args: object) -> ObjectFieldNode:
        return replace(node, value=self._lifted(node.value))

    def enter_list_value(self, node: ListValueNode, *_args: object) -> ListValueNode:
        return replace(node, values=tuple(self._lifted(value) for value in node.values))

    def _lifted(self, value: ValueNode) -> ValueNode:
        return self._variables.new(self._types.get_input_type()) if _is_value(value) else value


def _is_value(node: ValueNode) -> bool:
    """Whether a value is a literal as a whole, without variables in it."""
    if isinstance(node, ListValueNode):
        return all(_is_value(value) or not _is_variable(value) for value in node.values)
    if isinstance(node, ObjectValueNode):
        return all(_is_value(one.value) or not _is_variable(one.value) for one in node.fields)
    return not isinstance(node, _NO_VALUES)


def _is_variable(node: ValueNode) -> bool:
    return isinstance(node, VariableNode | ListValueNode | ObjectValueNode)


def _declared(
    document: DocumentNode, definitions: Sequence[VariableDefinitionNode]
) -> DocumentNode:
    """The document with these variables added to its operation, which is its first definition."""
    operation, *fragments = document.definitions
    if not isinstance(operation, OperationDefinitionNode):
        raise TypeError("the operation comes first")
    own = operation.variable_definitions or ()
    declared = replace(operation, variable_definitions=(*own, *definitions))
    return DocumentNode(definitions=(declared, *fragments))
