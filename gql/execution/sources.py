"""What compiled code reads attributes from: an object, or the row that it would be made of."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
)

from gql.execution import strawberry_fields
from gql.execution.code import Code, Function, is_name
from gql.execution.emission import NotCompiled
from gql.rows import Column, GlobalId, Scope, Shape, Whole, shape_of


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable with a value, which may have been completed already."""

    name: str
    is_completed: bool = False


class Source(Protocol):
    """Where the attributes of one object come from."""

    def read(self, out: Function, name: str, type_: GraphQLOutputType) -> "Variable | Source":
        """A variable with the attribute, a value of `type_`, or the source of an object."""

    def object(self, out: Function) -> str:
        """A variable with the object itself, for a resolver."""


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """The object in a variable."""

    variable: str

    def read(self, out: Function, name: str, _type: GraphQLOutputType) -> Variable:
        """A variable with the object's attribute."""
        value = out.name()
        out.line(f"{value} = {self.variable}.{name}")
        return Variable(value)

    def object(self, _out: Function) -> str:
        """The variable itself."""
        return self.variable


@dataclass(slots=True)
class RowSource:
    """The row in the variable `row`, standing in the list whose scope is in `scope`.

    The object of its shape is made where a resolver wants it, and only there.
    """

    code: Code
    shape: Shape[object]
    row: str
    scope: str
    made: str | None = None

    def read(self, out: Function, name: str, type_: GraphQLOutputType) -> "Variable | Source":
        """A variable with what the attribute would be, or the source of an object in the row."""
        attribute = self.shape.attributes.get(name)
        if isinstance(attribute, Shape):
            return replace(self, shape=attribute, made=None)
        value = Variable(out.name())
        if isinstance(attribute, Column) and is_name(attribute.name):
            column, convert = f"{self.row}[{attribute.name!r}]", attribute.convert
            names = names_of(type_, convert)
            if names is not None:
                column, value = (
                    f"{self.code.bind(names)}[{column}]",
                    Variable(value.name, is_completed=True),
                )
            elif convert is not None:
                column = f"{self.code.bind(convert)}({column})"
            out.line(f"{value.name} = {column}")
        elif isinstance(attribute, GlobalId) and is_name(attribute.type_name):
            # What `global_id` does, without the call.
            text = f"f'{attribute.type_name}:{{{self.row}[\"id\"]}}'"
            value = Variable(value.name, is_completed=True)
            out.line(f"{value.name} = b2a_base64({text}.encode(), newline=False).decode()")
        elif isinstance(attribute, Whole):
            out.line(f"{value.name} = {self.code.bind(attribute.make)}({self.row})")
        elif isinstance(attribute, Scope):
            out.line(f"{value.name} = {self.scope}")
        else:
            raise NotCompiled
        return value

    def object(self, out: Function) -> str:
        """A variable with the object, made once."""
        if self.made is None:
            self.made = out.name()
            out.line(f"{self.made} = {self.code.bind(self.shape)}.make({self.row}, {self.scope})")
        return self.made


def rows_of(type_: GraphQLList[Any]) -> tuple[GraphQLObjectType, Shape[Any]] | None:
    """The type and the shape of the objects of a list that is made of rows."""
    one = type_.of_type.of_type if isinstance(type_.of_type, GraphQLNonNull) else type_.of_type
    if not isinstance(one, GraphQLObjectType) or strawberry_fields.has_own_check(one):
        return None
    cls = strawberry_fields.origin(one)
    shape = shape_of(cls) if cls is not None else None
    return (one, shape) if shape is not None else None


def names_of(
    type_: GraphQLOutputType, convert: Callable[[object], object] | None
) -> dict[object, str] | None:
    """The names of an enum's members by what is converted to them."""
    enum = get_named_type(type_)
    if not isinstance(enum, GraphQLEnumType) or getattr(enum, "wrapped_cls", None) is not convert:
        return None
    return {value.value: name for name, value in enum.values.items()}
