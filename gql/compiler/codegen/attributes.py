"""Generates the code that reads attributes: of an object, or of the source that it stands for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import GraphQLEnumType, GraphQLID, GraphQLOutputType, GraphQLString, get_named_type
from graphql.type.scalars import serialize_id, serialize_string
from orjson import dumps

from gql.compiler.codegen.code import Code, Function
from gql.compiler.identifiers import NotCompiled, checked_identifier
from gql.values.mappings import (
    KEY_ATTRIBUTE,
    SOURCE_ATTRIBUTE,
    Attribute,
    Column,
    Cursor,
    Derived,
    GlobalId,
    Instant,
    Member,
    Nested,
    ObjectMapping,
)


@dataclass(frozen=True, slots=True)
class AttributeVariable:
    """An attribute in a variable."""

    variable: str


@dataclass(frozen=True, slots=True)
class EncodedAttribute:
    """An expression that encodes an attribute, between `quote`s; it is null if `variable` is."""

    expression: str
    variable: str | None = None
    quote: str = '"'


@dataclass(frozen=True, slots=True)
class NestedObject:
    """An object that is made from the same source; null if the expression `is_null` is true."""

    source: "MappedSource"
    is_null: str | None = None


class AttributeSource(Protocol):
    """Where generated code gets the attributes of one object."""

    def read(
        self, out: Function, name: str, type_: GraphQLOutputType
    ) -> "AttributeVariable | EncodedAttribute | NestedObject":
        """Write the code that reads an attribute, for a field of `type_`."""

    def object(self, out: Function) -> str:
        """The variable of the object itself, for a resolver."""


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """An object in a variable."""

    variable: str

    def read(self, out: Function, name: str, _type: GraphQLOutputType) -> AttributeVariable:
        """Read the object's attribute into a variable."""
        value = out.name()
        out.line(f"{value} = {self.variable}.{name}")
        return AttributeVariable(value)

    def object(self, _out: Function) -> str:
        """The variable."""
        return self.variable


@dataclass(slots=True)
class MappedSource:
    """A source in a variable, in place of an object.

    A view, which is the object, is made only if a resolver needs it.
    """

    code: Code
    mapping: ObjectMapping[Any]  # Any: of every class
    variable: str
    made: str | None = None

    def read(
        self, out: Function, name: str, type_: GraphQLOutputType
    ) -> "AttributeVariable | EncodedAttribute | NestedObject":
        """Read from the source what would be the object's attribute."""
        attribute = self.mapping.attributes.get(name)
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
        """The variable of the view of the source, which is made once."""
        out.needs_rows = True
        if self.made is None:
            self.made = out.name()
            out.line(f"{self.made} = new({self.code.bind(self.mapping.view_class)})")
            out.line(f"{self.made}.{SOURCE_ATTRIBUTE} = {self.variable}")
            key = self.mapping.attributes.get(KEY_ATTRIBUTE)
            if isinstance(key, Column):
                out.line(f"{self.made}.{KEY_ATTRIBUTE} = {self._item(out, key.name)}")
        return self.made

    def _nested(self, out: Function, attribute: Nested) -> NestedObject:
        inner = MappedSource(self.code, attribute.mapping, self.variable)
        if attribute.unless_null is None:
            return NestedObject(inner)
        return NestedObject(inner, f"{self._item(out, attribute.unless_null)} is None")

    def _column(
        self, out: Function, column: Column, type_: GraphQLOutputType
    ) -> AttributeVariable | EncodedAttribute:
        value = out.name()
        names = _names_of(type_, column.convert)
        out.line(f"{value} = {self._item(out, column.name)}")
        if names is not None:
            return EncodedAttribute(f"{self.code.bind(names)}[{value}]", value, quote="")
        if column.convert is not None:
            out.line(f"if {value} is not None: {value} = {self.code.bind(column.convert)}({value})")
        return AttributeVariable(value)

    def _global_id(self, out: Function, attribute: GlobalId) -> EncodedAttribute:
        prefix = checked_identifier(attribute.type_name)
        return EncodedAttribute(
            f'b2a_base64(b"{prefix}:%d" % {self._item(out, "id")}, newline=False)'
        )

    def _cursor(self, out: Function, attribute: Cursor) -> EncodedAttribute:
        row, place = self.variable, None
        if attribute.index is not None:
            rows, row = out.name(), out.name()
            place = row
            out.line(f"{rows} = {self.variable}.rows")
            out.line(f"{row} = {rows}[{attribute.index}] if {rows} else None")
        prefix, at = checked_identifier(attribute.list_name), checked_identifier(attribute.at)
        out.columns |= {at, "id"}
        text = f'{prefix}:{{{row}["parent_id"]}}|{{{row}["{at}"][1:-1]}}|{{{row}["id"]}}'
        return EncodedAttribute(f"b2a_base64(f'{text}'.encode(), newline=False)", place)

    def _instant(self, out: Function, attribute: Instant) -> EncodedAttribute:
        value = out.name()
        out.line(f"{value} = {self._item(out, attribute.name)}")
        # Like the scalar: six digits of a second or none, and years of four digits only.
        text = f"{value}[:-1]"
        whole = f"""{text} if {value}[20] == '"' else None"""
        padded = f"""({text}.ljust(27, "0") if {value}[20] == "." else {whole})"""
        return EncodedAttribute(f"""{padded}.encode() + b'Z"'""", value, quote="")

    def _value(self, out: Function, attribute: Attribute | None) -> AttributeVariable:
        value = out.name()
        out.needs_rows |= not isinstance(attribute, Member)
        if isinstance(attribute, Member):
            out.members.add(attribute.name)
            out.line(f"{value} = {self.variable}.{checked_identifier(attribute.name)}")
        elif isinstance(attribute, Derived):
            out.line(f"{value} = {self.code.bind(attribute.make)}({self.variable})")
        elif attribute is not None:
            out.line(f"{value} = {self.code.bind(attribute)}.value({self.variable})")
        else:
            raise NotCompiled
        return AttributeVariable(value)

    def _item(self, out: Function, name: str | int) -> str:
        if isinstance(name, str):
            out.columns.add(name)
        item = str(name) if isinstance(name, int) else f'"{checked_identifier(name)}"'
        return f"{self.variable}[{item}]"


def _is_plain_text(type_: GraphQLOutputType) -> bool:
    """Whether a string of safe characters is encoded as it is."""
    named = get_named_type(type_)
    return (named is GraphQLID and named.coerce_output_value is serialize_id) or (
        named is GraphQLString and named.coerce_output_value is serialize_string
    )


def _names_of(
    type_: GraphQLOutputType, convert: Callable[[object], object] | None
) -> dict[object, bytes] | None:
    """The encoded names of an enum's members by their values, if `convert` is the enum."""
    enum = get_named_type(type_)
    if not isinstance(enum, GraphQLEnumType) or getattr(enum, "wrapped_cls", None) is not convert:
        return None
    return {value.value: dumps(name) for name, value in enum.values.items()}
