"""The code that writes a value of an answer, by its type."""

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

from gql.compiler.code import Function, Opening, TooMuchCode
from gql.compiler.emission import Emission, Place
from gql.compiler.leaves import leaf
from gql.compiler.object_types import make_sure, tests
from gql.compiler.selecting import write_fields
from gql.compiler.sites import ITEM
from gql.compiler.sources import Encoded, ObjectSource, Read, ShapedSource, Source, Within
from gql.compiler.strawberry_fields import shape_for
from gql.values.shapes import SOURCE

_MOST_LOOPS = 10


class Completing:
    """Writes the code of one operation."""

    def __init__(self, emission: Emission) -> None:
        self.emission = emission

    def root(
        self, number: int, root: GraphQLObjectType, grouped: GroupedFieldSet, *, is_last: bool
    ) -> str:
        """The function that writes root fields, between which others may write theirs: its name."""
        name = f"root{number}"
        with self.emission.function(f"{name}(run, source)") as out:
            out.line("key = ()")
            out.line("if source is not None: admit(source)")
            out.literal("," if number else "{")
            write_fields(self, out, root, grouped, ObjectSource("source"), Place())
            out.literal("}" if is_last else "")
        return name

    def value(
        self,
        out: Function,
        type_: GraphQLOutputType,
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        """Write the raw value in the variable `value`, in its place."""
        if isinstance(type_, GraphQLNonNull):
            self._required(out, type_.of_type, details, value, place)
        elif is_leaf_type(type_):
            out.piece(f'b"null" if {value} is None else {self._leaf(type_, value)}')
        else:
            with self._unless(out, f"{value} is None"):
                self._required(out, type_, details, value, place)

    def attribute(
        self,
        out: Function,
        type_: GraphQLOutputType,
        details: FieldDetailsList,
        attribute: Read | Encoded | Within,
        place: Place,
    ) -> None:
        """Write an attribute of a source."""
        if isinstance(attribute, Read):
            self.value(out, type_, details, attribute.variable, place)
        elif isinstance(attribute, Within):
            # Any: a shape stands for an object, of whose type the attribute is.
            named: Any = get_nullable_type(type_)
            with self._unless(out, attribute.is_null):
                self.members(out, named, details, attribute.source, place)
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
        source: Source,
        place: Place,
    ) -> None:
        """Write an object whose type is sure."""
        grouped = self.emission.subfields(type_, details)
        if place.each and place.page is None:
            out.line(f"run.cost += {place.each}")
        out.literal("{")
        write_fields(self, out, type_, grouped, source, place)
        out.literal("}")

    # Any, in this class: graphql-core's guards narrow better than its types.
    def _required(
        self, out: Function, type_: Any, details: FieldDetailsList, value: str, place: Place
    ) -> None:
        if is_leaf_type(type_):
            out.piece(self._leaf(type_, value))
        elif isinstance(type_, GraphQLList):
            self._list(out, type_, details, value, place)
        elif is_abstract_type(type_):
            self._abstract(out, type_, details, value, place)
        else:
            self._object(out, type_, details, value, place)

    def _leaf(self, type_: Any, value: str) -> str:
        return leaf(type_, self.emission.code.bind, value)

    def _object(
        self,
        out: Function,
        type_: GraphQLObjectType,
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        shape = shape_for(type_)
        if shape is None:
            make_sure(self.emission, out, type_, value)
            self.members(out, type_, details, ObjectSource(value), place)
            return
        bind = self.emission.code.bind
        out.line(f"if type({value}) is {bind(shape.view_class)}: {value} = {value}.{SOURCE}")
        if shape.source is not None:
            out.line(f"if type({value}) is not {bind(shape.source)}: raise Unexpected")
        self.members(out, type_, details, ShapedSource(self.emission.code, shape, value), place)

    def _abstract(
        self,
        out: Function,
        type_: GraphQLAbstractType,
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        found = tests(self.emission, out, type_, value)
        keyword = "if"
        for test, one in found:
            with out.indented(f"{keyword} {test}:"):
                self._of_class(out, one, details, value, place)
            keyword = "elif"
        out.line("else: raise Unexpected" if found else "raise Unexpected")

    def _of_class(
        self,
        out: Function,
        type_: GraphQLObjectType,
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        """Write an object of which the class has been told, a view of a source where it is one."""
        shape, source = shape_for(type_), ObjectSource(value)
        if shape is None:
            self.members(out, type_, details, source, place)
            return
        inner = out.name()
        out.line(f"{inner} = {value}.{SOURCE}")
        shaped = ShapedSource(self.emission.code, shape, inner, made=value)
        self.members(out, type_, details, shaped, place)

    def _list(
        self,
        out: Function,
        type_: GraphQLList[Any],
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        out.line(f"if type({value}) is not list and type({value}) is not tuple: raise Unexpected")
        if place.each:
            out.line(f"run.cost += {place.each} * len({value})")
        may_be_awaited = not place.steps and not is_leaf_type(get_named_type(type_))
        with self._loop(out, value, place) as (item, inner):
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
        place: Place,
    ) -> None:
        """Write an item of what a call gave, now or when it is there.

        Only what can be awaited twice is, since graphql-core may have to do it again.
        """
        number = self.emission.items
        self.emission.items += 1
        name, (index,) = f"item{number}", place.indexes
        with self.emission.function(f"{name}(run, value, call)", is_joined=True) as inner:
            inner.line("_, key, index = call")
            self.value(inner, type_, details, "value", replace(place, indexes=("index",)))
        out.has_slots = True
        kind, call = out.name(), f"({ITEM}, key, {index})"
        out.flush()
        out.line(f"{kind} = type({item})")
        out.line(
            f"if {kind} in futures: pending.append(({item}, {name}, {call}, w, len(w))); "
            "slots.append((w, len(w))); w.append(None)"
        )
        out.line(
            f"elif {item} is not None and {kind} not in ordinary and is_to_be_awaited({item}): "
            "raise Unexpected"
        )
        out.line(f"else: slots.append((w, len(w))); w.append({name}(run, {item}, {call}))")

    @contextmanager
    def _loop(self, out: Function, value: str, place: Place) -> Iterator[tuple[str, Place]]:
        """Write each item of a list in its variable and place."""
        out.loops += 1
        if out.loops > _MOST_LOOPS:
            raise TooMuchCode
        item, index, opening = out.name(), out.name(), Opening(out.name())
        out.flush()
        first, header, calls = out.reserve(), out.reserve(), len(self.emission.sites.all)
        items = self.emission.items
        with out.indented(None):
            out.piece(opening)
            yield item, place.item(index)
            out.flush()
            out.line(f"{opening.variable} = {out.constant(opening.after(','))}")
        out.fill(first, f"{opening.variable} = {out.constant(opening.after('['))}")
        is_indexed = len(self.emission.sites.all) > calls or self.emission.items > items
        each = f"{index}, {item} in enumerate({value})" if is_indexed else f"{item} in {value}"
        out.fill(header, f"for {each}:")
        out.line(f'if not {value}: w.append(b"[")')
        out.literal("]")
        out.loops -= 1

    @contextmanager
    def _unless(self, out: Function, is_null: str | None) -> Iterator[None]:
        """Write what follows unless it is null."""
        if is_null is None:
            yield
            return
        with out.indented(f"if {is_null}:"):
            out.literal("null")
        with out.indented("else:"):
            yield
