"""What compiled code reads attributes from: an object, or the source that it would stand for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import GraphQLEnumType, GraphQLID, GraphQLOutputType, GraphQLString, get_named_type
from graphql.type.scalars import serialize_id, serialize_string
from orjson import dumps

from gql.compiler.code import Code, Function
from gql.compiler.identifiers import NotCompiled, checked_name
from gql.values.shapes import (
    KEY,
    SOURCE,
    Attribute,
    Column,
    Cursor,
    Derived,
    GlobalId,
    Instant,
    Member,
    Nested,
    Shape,
)


@dataclass(frozen=True, slots=True)
class Read:
    """A variable that holds an attribute; not one that may be null where `is_there`."""

    variable: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """What writes an attribute: before and after it always `quote`; null without a `variable`."""

    expression: str
    variable: str | None = None
    quote: str = '"'


@dataclass(frozen=True, slots=True)
class Within:
    """An object of the same source; null where the expression `is_null` holds."""

    source: "ShapedSource"
    is_null: str | None = None


class Source(Protocol):
    """Where the attributes of one object come from."""

    def read(self, out: Function, name: str, type_: GraphQLOutputType) -> "Read | Encoded | Within":
        """How the attribute is had, of a field of `type_`."""

    def object(self, out: Function) -> str:
        """A variable with the object itself, for a resolver."""


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """The object in a variable."""

    variable: str

    def read(self, out: Function, name: str, _type: GraphQLOutputType) -> Read:
        """A variable with the object's attribute."""
        value = out.name()
        out.line(f"{value} = {self.variable}.{name}")
        return Read(value)

    def object(self, _out: Function) -> str:
        """The variable itself."""
        return self.variable


@dataclass(slots=True)
class ShapedSource:
    """The source in a variable, of which an object would be a view.

    A view is made where a resolver wants the object, and only there.
    """

    code: Code
    shape: Shape[Any]  # Any: of every class
    variable: str
    made: str | None = None

    def read(self, out: Function, name: str, type_: GraphQLOutputType) -> "Read | Encoded | Within":
        """How what would be the attribute is had."""
        attribute = self.shape.attributes.get(name)
        if isinstance(attribute, Nested):
            return self._nested(out, attribute)
        if isinstance(attribute, Column):
            return self._column(out, attribute, type_)
        if isinstance(attribute, GlobalId) and _is_plain_text(type_):
            return self._global_id(out, attribute)
        if isinstance(attribute, Cursor) and _is_plain_text(type_):
            return self._cursor(out, attribute)
        if isinstance(attribute, Instant):
            return self._instant(out, attribute)
        return self._value(out, attribute)

    def object(self, out: Function) -> str:
        """A variable with a view of the source, made once."""
        out.needs_rows = True
        if self.made is None:
            self.made = out.name()
            out.line(f"{self.made} = new({self.code.bind(self.shape.view_class)})")
            out.line(f"{self.made}.{SOURCE} = {self.variable}")
            key = self.shape.attributes.get(KEY)
            if isinstance(key, Column):
                out.line(f"{self.made}.{KEY} = {self._item(out, key.name)}")
        return self.made

    def _nested(self, out: Function, attribute: Nested) -> Within:
        inner = ShapedSource(self.code, attribute.shape, self.variable)
        if attribute.unless_null is None:
            return Within(inner)
        return Within(inner, f"{self._item(out, attribute.unless_null)} is None")

    def _column(self, out: Function, column: Column, type_: GraphQLOutputType) -> Read | Encoded:
        value = out.name()
        names = _names_of(type_, column.convert)
        out.line(f"{value} = {self._item(out, column.name)}")
        if names is not None:
            return Encoded(f"{self.code.bind(names)}[{value}]", value, quote="")
        if column.convert is not None:
            out.line(f"if {value} is not None: {value} = {self.code.bind(column.convert)}({value})")
        return Read(value)

    def _global_id(self, out: Function, attribute: GlobalId) -> Encoded:
        prefix = checked_name(attribute.type_name)
        return Encoded(f'b2a_base64(b"{prefix}:%d" % {self._item(out, "id")}, newline=False)')

    def _cursor(self, out: Function, attribute: Cursor) -> Encoded:
        row, place = self.variable, None
        if attribute.index is not None:
            rows, row = out.name(), out.name()
            place = row
            out.line(f"{rows} = {self.variable}.rows")
            out.line(f"{row} = {rows}[{attribute.index}] if {rows} else None")
        prefix, at = checked_name(attribute.list_name), checked_name(attribute.at)
        out.columns |= {at, "id"}
        text = f'{prefix}:{{{row}["parent_id"]}}|{{{row}["{at}"][1:-1]}}|{{{row}["id"]}}'
        return Encoded(f"b2a_base64(f'{text}'.encode(), newline=False)", place)

    def _instant(self, out: Function, attribute: Instant) -> Encoded:
        value = out.name()
        out.line(f"{value} = {self._item(out, attribute.name)}")
        # With six digits of a second or none, as the scalar has it; it has no other years.
        text = f"{value}[:-1]"
        whole = f"""{text} if {value}[20] == '"' else None"""
        padded = f"""({text}.ljust(27, "0") if {value}[20] == "." else {whole})"""
        return Encoded(f"""{padded}.encode() + b'Z"'""", value, quote="")

    def _value(self, out: Function, attribute: Attribute | None) -> Read:
        value = out.name()
        out.needs_rows |= not isinstance(attribute, Member)
        if isinstance(attribute, Member):
            out.line(f"{value} = {self.variable}.{checked_name(attribute.name)}")
        elif isinstance(attribute, Derived):
            out.line(f"{value} = {self.code.bind(attribute.make)}({self.variable})")
        elif attribute is not None:
            out.line(f"{value} = {self.code.bind(attribute)}.value({self.variable})")
        else:
            raise NotCompiled
        return Read(value)

    def _item(self, out: Function, name: str | int) -> str:
        if isinstance(name, str):
            out.columns.add(name)
        item = str(name) if isinstance(name, int) else f'"{checked_name(name)}"'
        return f"{self.variable}[{item}]"


def _is_plain_text(type_: GraphQLOutputType) -> bool:
    """Whether a text of ours is written as it stands."""
    named = get_named_type(type_)
    return (named is GraphQLID and named.coerce_output_value is serialize_id) or (
        named is GraphQLString and named.coerce_output_value is serialize_string
    )


def _names_of(
    type_: GraphQLOutputType, convert: Callable[[object], object] | None
) -> dict[object, bytes] | None:
    """The names of an enum's members, as JSON, by what is converted to them."""
    enum = get_named_type(type_)
    if not isinstance(enum, GraphQLEnumType) or getattr(enum, "wrapped_cls", None) is not convert:
        return None
    return {value.value: dumps(name) for name, value in enum.values.items()}
