"""The choices that a request makes: a value for each variable, and for each field of an input."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputType,
    GraphQLSchema,
    IntValueNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Undefined,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_non_null_type,
    is_required_input_field,
    type_from_ast,
    visit,
)
from graphql.execution.values import VariableValues

from gql.documents.budgets.variants import ABSENT, EMPTY, GIVEN, LARGEST, NULL, SMALLEST, USUAL
from gql.values.list_sizes import DEFAULT_PAGE_SIZE

_SIZES = frozenset({"first", "last"})


@dataclass(frozen=True, slots=True)
class InputUsage:
    """Where a value is used: in an argument, or in a field of an input.

    `field` is the selected field to whose argument it belongs; None in a directive.
    """

    name: str
    description: str
    field: FieldNode | None = None
    is_of_connection: bool = False

    @property
    def is_size(self) -> bool:
        """Whether it is the size of a page."""
        return self.is_of_connection and self.name in _SIZES


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable, or a field of an input; `path` has the names from the variable down."""

    path: tuple[str, ...]
    type: GraphQLInputType
    has_default: bool
    places: tuple[InputUsage, ...]
    usual_size: int = DEFAULT_PAGE_SIZE
    """The size of a page where the variable is left out."""

    @property
    def name(self) -> str:
        """The path with dots."""
        return ".".join(self.path)

    @property
    def is_size(self) -> bool:
        """Whether it is the size of a page."""
        return any(place.is_size for place in self.places)

    # Any: variables are JSON.
    def kind(self, value: Any) -> str:
        """The kind of choice that a value is, never the value; `Undefined` stands for none."""
        if value is Undefined:
            return USUAL if self.is_size and self.has_default else ABSENT
        if value is None:
            return NULL
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int) and self.is_size:
            return SMALLEST if value <= 1 else USUAL if value <= self.usual_size else LARGEST
        type_ = get_named_type(self.type)
        if is_enum_type(type_) and isinstance(value, str) and value in type_.values:
            return value
        return EMPTY if value in ("", []) else GIVEN


class Choices:
    """The choices of one operation of a valid document, found at their first use."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Iterable[FragmentDefinitionNode] = (),
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = tuple(fragments)

    def __iter__(self) -> Iterator[Choice]:
        """Each variable, followed by the fields of its input."""
        return iter(self._all)

    def named(self, names: Iterable[str]) -> tuple[Choice, ...]:
        """The choices whose dotted name is, or ends in, one of `names`."""
        ends = [f".{name}" for name in names]
        return tuple(one for one in self if any(f".{one.name}".endswith(end) for end in ends))

    @cached_property
    def _all(self) -> tuple[Choice, ...]:
        places = _places(self._schema, (self._operation, *self._fragments))
        return tuple(
            choice
            for definition in self._operation.variable_definitions or ()
            for choice in self._of_variable(definition, places)
        )

    def _of_variable(
        self, definition: VariableDefinitionNode, places: dict[str, list[InputUsage]]
    ) -> Iterator[Choice]:
        name, default = definition.variable.name.value, definition.default_value
        # Any: the type of a valid document's variable is one of the schema's inputs.
        type_: Any = type_from_ast(self._schema, definition.type)
        yield Choice(
            (name,),
            type_,
            default is not None,
            tuple(places.get(name, ())),
            int(default.value) if isinstance(default, IntValueNode) else DEFAULT_PAGE_SIZE,
        )
        yield from _fields((name,), type_, ())


def _fields(
    path: tuple[str, ...], type_: GraphQLInputType, above: tuple[object, ...]
) -> Iterator[Choice]:
    """The choices within an input; a recursive input is one choice where it recurs."""
    named = get_nullable_type(type_)
    if not is_input_object_type(named) or named in above:
        return
    for name, field in named.fields.items():
        has_default = is_non_null_type(field.type) and not is_required_input_field(field)
        place = InputUsage(name, field.description or "")
        yield Choice((*path, name), field.type, has_default, (place,))
        yield from _fields((*path, name), field.type, (*above, named))


class _UsageFinder(Visitor):
    """Collects where each variable is used."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.found: dict[str, list[InputUsage]] = {}
        self._info = info
        self._fields: list[FieldNode] = []

    def enter_field(self, node: FieldNode, *_others: object) -> None:
        self._fields.append(node)

    def leave_field(self, *_others: object) -> None:
        self._fields.pop()

    # Any: ancestors are nodes and lists of them.
    def enter_variable(
        self, node: VariableNode, _key: object, parent: Any, _path: object, _above: Any
    ) -> None:
        if not isinstance(parent, VariableDefinitionNode):
            self.found.setdefault(node.name.value, []).append(self._place(parent))

    def _place(self, parent: object) -> InputUsage:
        info, argument = self._info, self._info.get_argument()
        definition: GraphQLArgument | GraphQLInputField | None = argument
        name = parent.name.value if isinstance(parent, ArgumentNode | ObjectFieldNode) else ""
        if isinstance(parent, ObjectFieldNode):
            inside = get_named_type(info.get_parent_input_type())
            definition = inside.fields.get(name) if is_input_object_type(inside) else None
        description = (definition.description if definition is not None else None) or ""
        field = info.get_field_def()
        if info.get_directive() is not None or field is None or not self._fields:
            return InputUsage(name, description)
        is_of_connection = get_named_type(field.type).name.endswith("Connection")
        return InputUsage(name, description, self._fields[-1], is_of_connection)


def _places(
    schema: GraphQLSchema, definitions: Sequence[ExecutableDefinitionNode]
) -> dict[str, list[InputUsage]]:
    info = TypeInfo(schema)
    finding = _UsageFinder(info)
    visit(DocumentNode(definitions=tuple(definitions)), TypeInfoVisitor(info, finding))
    return finding.found


# Any: variables are JSON.
def given_value(values: VariableValues, path: Sequence[str]) -> Any:
    """The value given for a choice; `Undefined` if there is none."""
    source = values.sources.get(path[0])
    value = Undefined if source is None else source.value
    for name in path[1:]:
        value = value.get(name, Undefined) if isinstance(value, dict) else Undefined
    return value
