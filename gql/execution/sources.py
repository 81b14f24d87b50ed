"""What compiled code reads an object's attributes from: the object, or the row it would be made of."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from graphql import GraphQLEnumType, GraphQLOutputType, get_named_type

from gql.execution.code import Code, Function, is_name
from gql.rows import Column, Scope, Shape, Whole


class NotThere(Exception):
    """The source does not say where the attribute comes from."""


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
            names = _names(type_, convert)
            if names is not None:
                column, value = (
                    f"{self.code.bind(names)}[{column}]",
                    Variable(value.name, is_completed=True),
                )
            elif convert is not None:
                column = f"{self.code.bind(convert)}({column})"
            out.line(f"{value.name} = {column}")
        elif isinstance(attribute, Whole):
            out.line(f"{value.name} = {self.code.bind(attribute.make)}({self.row})")
        elif isinstance(attribute, Scope):
            out.line(f"{value.name} = {self.scope}")
        else:
            raise NotThere
        return value

    def object(self, out: Function) -> str:
        """A variable with the object, made once."""
        if self.made is None:
            self.made = out.name()
            out.line(f"{self.made} = {self.code.bind(self.shape)}.make({self.row}, {self.scope})")
        return self.made


def _names(
    type_: GraphQLOutputType, convert: Callable[[object], object] | None
) -> dict[object, str] | None:
    """The names of an enum's members by what is converted to them."""
    enum = get_named_type(type_)
    if not isinstance(enum, GraphQLEnumType) or not isinstance(convert, type):
        return None
    if not issubclass(convert, Enum) or getattr(enum, "wrapped_cls", None) is not convert:
        return None
    return {member.value: enum.coerce_output_value(member) for member in convert}
