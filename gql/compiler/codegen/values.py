"""Generates the code that encodes a value of an answer, by its type."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

from gql.compiler.codegen.attributes import (
    AttributeSource,
    AttributeVariable,
    EncodedAttribute,
    MappedSource,
    NestedObject,
    ObjectSource,
)
from gql.compiler.codegen.code import CodeLimitExceeded, Function, Opening
from gql.compiler.codegen.context import CodegenContext, CodePosition
from gql.compiler.codegen.fields import write_fields
from gql.compiler.codegen.leaves import leaf
from gql.compiler.codegen.object_types import type_tests, write_type_check
from gql.compiler.resolution.call_sites import ITEM
from gql.compiler.resolution.strawberry_fields import mapping_for
from gql.values.mappings import SOURCE_ATTRIBUTE

_MAX_LOOPS = 10


class ValueWriter:
    """Generates the code of one operation, value by value."""

    def __init__(self, context: CodegenContext) -> None:
        self.context = context

    def root(
        self, number: int, root: GraphQLObjectType, grouped: GroupedFieldSet, *, is_last: bool
    ) -> str:
        """Generate the function that encodes root fields; returns its name."""
        name = f"root{number}"
        with self.context.function(f"{name}(run, source)") as out:
            out.line("key = ()")
            out.line("if source is not None: require_plain(source)")
            out.literal("," if number else "{")
            write_fields(self, out, root, grouped, ObjectSource("source"), CodePosition())
            out.literal("}" if is_last else "")
        return name

    def value(
        self,
        out: Function,
        type_: GraphQLOutputType,
        details: FieldDetailsList,
        value: str,
        position: CodePosition,
    ) -> None:
        """Encode the raw value in the variable `value`."""
        if isinstance(type_, GraphQLNonNull):
            self._required(out, type_.of_type, details, value, position)
        elif is_leaf_type(type_):
            out.piece(f'b"null" if {value} is None else {self._leaf(type_, value)}')
        else:
            with self._unless(out, f"{value} is None"):
                self._required(out, type_, details, value, position)

    def attribute(
        self,
        out: Function,
        type_: GraphQLOutputType,
        details: FieldDetailsList,
        attribute: AttributeVariable | EncodedAttribute | NestedObject,
        position: CodePosition,
    ) -> None:
        """Encode an attribute of a source."""
        if isinstance(attribute, AttributeVariable):
            self.value(out, type_, details, attribute.variable, position)
        elif isinstance(attribute, NestedObject):
            # Any: the type of a nested object is an object type.
            named: Any = get_nullable_type(type_)
            with self._unless(out, attribute.is_null):
                self.members(out, named, details, attribute.source, position)
        elif isinstance(type_, GraphQLNonNull) or attribute.variable is None:
            out.literal(attribute.quote)
            out.piece(attribute.expression)
            out.literal(attribute.quote)
        else:
            quote = f"b'{attribute.quote}'"
            quoted = f"{quote} + {attribute.expression} + {quote}"
            text = quoted if attribute.quote else attribute.expression
            out.piece(f'b"null" if {attribute.variable} is None else {text}')

    def members(
        self,
        out: Function,
        type_: GraphQLObjectType,
        details: FieldDetailsList,
        source: AttributeSource,
        position: CodePosition,
    ) -> None:
        """Encode an object whose type has been checked."""
        grouped = self.context.subfields(type_, details)
        if position.item_cost and position.page is None:
            out.line(f"run.cost += {position.item_cost}")
        out.literal("{")
        write_fields(self, out, type_, grouped, source, position)
        out.literal("}")

    # Any, in this class: graphql-core's type guards are more precise than its types.
    def _required(
        self,
        out: Function,
        type_: Any,
        details: FieldDetailsList,
        value: str,
        position: CodePosition,
    ) -> None:
        if is_leaf_type(type_):
            out.piece(self._leaf(type_, value))
        elif isinstance(type_, GraphQLList):
            self._list(out, type_, details, value, position)
        elif is_abstract_type(type_):
            self._abstract(out, type_, details, value, position)
        else:
            self._object(out, type_, details, value, position)

    def _leaf(self, type_: Any, value: str) -> str:
        return leaf(type_, self.context.code.bind, value)

    def _object(
        self,
        out: Function,
        type_: GraphQLObjectType,
        details: FieldDetailsList,
        value: str,
        position: CodePosition,
    ) -> None:
        mapping = mapping_for(type_)
        if mapping is None:
            write_type_check(self.context, out, type_, value)
            self.members(out, type_, details, ObjectSource(value), position)
            return
        bind = self.context.code.bind
        out.line(
            f"if type({value}) is {bind(mapping.view_class)}: {value} = {value}.{SOURCE_ATTRIBUTE}"
        )
        if mapping.source is not None:
            out.line(f"if type({value}) is not {bind(mapping.source)}: raise UnexpectedValue")
        self.members(out, type_, details, MappedSource(self.context.code, mapping, value), position)

    def _abstract(
        self,
        out: Function,
        type_: GraphQLAbstractType,
        details: FieldDetailsList,
        value: str,
        position: CodePosition,
    ) -> None:
        found = type_tests(self.context, out, type_, value)
        keyword = "if"
        for test, one in found:
            with out.indented(f"{keyword} {test}:"):
                self._of_class(out, one, details, value, position)
            keyword = "elif"
        out.line("else: raise UnexpectedValue" if found else "raise UnexpectedValue")

    def _of_class(
        self,
        out: Function,
        type_: GraphQLObjectType,
        details: FieldDetailsList,
        value: str,
        position: CodePosition,
    ) -> None:
        """Encode an object of a known class, or the source of its view."""
        mapping, source = mapping_for(type_), ObjectSource(value)
        if mapping is None:
            self.members(out, type_, details, source, position)
            return
        inner = out.name()
        out.line(f"{inner} = {value}.{SOURCE_ATTRIBUTE}")
        shaped = MappedSource(self.context.code, mapping, inner, made=value)
        self.members(out, type_, details, shaped, position)

    def _list(
        self,
        out: Function,
        type_: GraphQLList[Any],
        details: FieldDetailsList,
        value: str,
        position: CodePosition,
    ) -> None:
        out.line(
            f"if type({value}) is not list and type({value}) is not tuple: raise UnexpectedValue"
        )
        if position.item_cost:
            out.line(f"run.cost += {position.item_cost} * len({value})")
        may_be_awaited = not position.steps and not is_leaf_type(get_named_type(type_))
        with self._loop(out, value, position) as (item, inner):
            if may_be_awaited and not isinstance(type_.of_type, GraphQLNonNull):
                self._item(out, type_.of_type, details, item, inner)
            else:
                self.value(out, type_.of_type, details, item, inner)

    def _item(
        self,
        out: Function,
        type_: GraphQLOutputType,
        details: FieldDetailsList,
        item: str,
        position: CodePosition,
    ) -> None:
        """Encode an item of a resolver's list, now or once it has arrived.

        Only items that can be awaited twice are awaited: graphql-core may have to do it again.
        """
        number = self.context.items
        self.context.items += 1
        name, (index,) = f"item{number}", position.indexes
        with self.context.function(f"{name}(run, value, call)", is_joined=True) as inner:
            inner.line("_, key, index = call")
            self.value(inner, type_, details, "value", replace(position, indexes=("index",)))
        out.has_slots = True
        kind, call = out.name(), f"({ITEM}, key, {index})"
        out.flush()
        out.line(f"{kind} = type({item})")
        out.line(
            f"if {kind} in futures: pending.append(({item}, {name}, {call}, w, len(w))); "
            "slots.append((w, len(w))); w.append(None)"
        )
        out.line(
            f"elif {item} is not None and {kind} not in plain_classes and needs_await({item}): "
            "raise UnexpectedValue"
        )
        out.line(f"else: slots.append((w, len(w))); w.append({name}(run, {item}, {call}))")

    @contextmanager
    def _loop(
        self, out: Function, value: str, position: CodePosition
    ) -> Iterator[tuple[str, CodePosition]]:
        """Write the loop over a list; yields the variable and the position of its items."""
        out.loops += 1
        if out.loops > _MAX_LOOPS:
            raise CodeLimitExceeded
        item, index, opening = out.name(), out.name(), Opening(out.name())
        out.flush()
        first, header, calls = out.reserve(), out.reserve(), len(self.context.sites.all)
        items = self.context.items
        with out.indented(None):
            out.piece(opening)
            yield item, position.item(index)
            out.flush()
            out.line(f"{opening.variable} = {out.constant(opening.after(','))}")
        out.fill(first, f"{opening.variable} = {out.constant(opening.after('['))}")
        is_indexed = len(self.context.sites.all) > calls or self.context.items > items
        loop = f"{index}, {item} in enumerate({value})" if is_indexed else f"{item} in {value}"
        out.fill(header, f"for {loop}:")
        out.line(f'if not {value}: w.append(b"[")')
        out.literal("]")
        out.loops -= 1

    @contextmanager
    def _unless(self, out: Function, is_null: str | None) -> Iterator[None]:
        """Write the code of the block for values that are not null, and `null` for the others."""
        if is_null is None:
            yield
            return
        with out.indented(f"if {is_null}:"):
            out.literal("null")
        with out.indented("else:"):
            yield
