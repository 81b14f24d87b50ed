"""Finds the parts of a schema that a document uses, by their coordinates.

https://spec.graphql.org/draft/#sec-Schema-Coordinates
"""

from dataclasses import dataclass, field

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    NamedTypeNode,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    get_named_type,
    type_from_ast,
    visit,
)


@dataclass
class SchemaUsage:
    """The coordinates that a document uses, and the input types of its variables."""

    coordinates: set[str] = field(default_factory=set)
    input_types: set[str] = field(default_factory=set)


def schema_usage(document: DocumentNode, schema: GraphQLSchema) -> SchemaUsage:
    """The parts of the schema that the document uses; it need not be valid."""
    used, types = SchemaUsage(), TypeInfo(schema)
    visit(document, TypeInfoVisitor(types, _Finder(schema, types, used)))
    return used


class _Finder(Visitor):
    def __init__(self, schema: GraphQLSchema, types: TypeInfo, used: SchemaUsage) -> None:
        super().__init__()
        self._schema = schema
        self._types = types
        self._used = used

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        parent, type_ = self._types.get_parent_type(), self._types.get_type()
        if parent is not None:
            self._used.coordinates |= {parent.name, f"{parent.name}.{node.name.value}"}
        if type_ is not None:
            self._used.coordinates.add(get_named_type(type_).name)

    def enter_directive(self, node: DirectiveNode, *_args: object) -> None:
        self._used.coordinates.add(f"@{node.name.value}")

    def enter_argument(self, node: ArgumentNode, *_args: object) -> None:
        directive = self._types.get_directive()
        parent, called = self._types.get_parent_type(), self._types.get_field_def()
        if directive is not None:
            self._used.coordinates.add(f"@{directive.name}({node.name.value}:)")
        elif parent is not None and called is not None:
            name = next((one for one, it in parent.fields.items() if it is called), "")  # type: ignore[union-attr]  # unions have no fields to call
            self._used.coordinates.add(f"{parent.name}.{name}({node.name.value}:)")

    def enter_object_field(self, node: ObjectFieldNode, *_args: object) -> None:
        parent = self._types.get_parent_input_type()
        if parent is not None:
            name = get_named_type(parent).name
            self._used.coordinates |= {name, f"{name}.{node.name.value}"}
            self._used.input_types.add(name)

    def enter_enum_value(self, node: EnumValueNode, *_args: object) -> None:
        type_ = self._types.get_input_type()
        if type_ is not None:
            name = get_named_type(type_).name
            self._used.coordinates |= {name, f"{name}.{node.value}"}

    def enter_named_type(self, node: NamedTypeNode, *_args: object) -> None:
        self._used.coordinates.add(node.name.value)

    def enter_variable_definition(self, node: VariableDefinitionNode, *_args: object) -> None:
        type_ = type_from_ast(self._schema, node.type)
        if type_ is not None:
            self._add_input(get_named_type(type_))

    def _add_input(self, type_: GraphQLNamedType) -> None:
        """Add a type of input with all that its values may contain."""
        if type_.name in self._used.input_types:
            return
        self._used.input_types.add(type_.name)
        self._used.coordinates.add(type_.name)
        if isinstance(type_, GraphQLInputObjectType):
            for one in type_.fields.values():
                self._add_input(get_named_type(one.type))
