"""The code that completes a value: leaves, lists, objects, and objects of a type not known before.

A value is completed in the variable that holds it. Resolvers are called in the order in which
graphql-core calls them; what has to be awaited is left as pending.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution import default_type_resolver
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

from gql.execution import strawberry_fields
from gql.execution.calling import call, passed
from gql.execution.code import Function, TooMuchCode
from gql.execution.emission import Emission, NotCompiled, Place
from gql.execution.fields import Attribute, Call, Member, access
from gql.execution.leaves import leaf
from gql.execution.sites import Site
from gql.execution.sources import ObjectSource, RowSource, Source, Variable, rows_of
from gql.execution.values import is_ordinary
from gql.rows import Shape

_MOST_LOOPS = 10


@dataclass(slots=True)
class _Built:
    """The fields of an object in the making: keys with values, and what they wait for."""

    entries: list[tuple[str, str]] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    """Lines to follow once the object is there, with `{0}` for it."""


class Completing:
    """Writes the code of one operation."""

    def __init__(self, emission: Emission) -> None:
        self._emission = emission

    def root(self, number: int, root: GraphQLObjectType, grouped: GroupedFieldSet) -> str:
        """The function of root fields, which fills the answer: its name."""
        name = f"root{number}"
        out = self._emission.function(f"{name}(run, source, answer)")
        out.line("key = ()")
        out.line("if source is not None: admit(source)")
        built = self._fields(out, root, grouped, ObjectSource("source"), Place())
        for key, value in built.entries:
            out.line(f"answer[{key}] = {value}")
        _wait(out, built, "answer")
        return name

    # Objects and their fields

    def _fields(
        self,
        out: Function,
        parent: GraphQLObjectType,
        grouped: GroupedFieldSet,
        source: Source,
        place: Place,
    ) -> _Built:
        schema, built = self._emission.schema, _Built()
        found = [
            (response_name, details, definition, access(schema, definition))
            for response_name, details in grouped.items()
            if (definition := schema.get_field(parent, details[0].node.name.value))
        ]
        is_dict = ""
        if any(isinstance(how, Member) for *_, how in found):
            is_dict = out.name()
            out.line(f"{is_dict} = type({source.object(out)}) is dict")
        for response_name, details, definition, how in found:
            self._emission.count_field()
            name = details[0].node.name.value
            key = self._emission.key(response_name, name)
            inner = place.field(response_name, parent)
            if name == "__typename":
                built.entries.append((key, self._emission.literal(parent.name)))
            elif name.startswith("__"):
                raise NotCompiled
            elif isinstance(how, Call):
                parts = parent, definition, how, details, source.object(out), inner
                called = call(self._emission, out, *parts)
                self._called(out, how, called, details, key, built)
            elif isinstance(how, Attribute):
                value = self._attribute(out, how, definition, details, source, inner)
                built.entries.append((key, value))
            else:
                value = self._member(out, definition, details, source.object(out), is_dict)
                self._value(out, definition.type, details, value, inner)
                built.entries.append((key, value))
        return built

    def _attribute(
        self,
        out: Function,
        how: Attribute,
        definition: GraphQLField,
        details: FieldDetailsList,
        source: Source,
        place: Place,
    ) -> str:
        """Complete an attribute of a source: the variable that holds it."""
        read = source.read(out, how.name, definition.type)
        if isinstance(read, Variable):
            if not read.is_completed:
                self._value(out, definition.type, details, read.name, place)
            return read.name
        value, type_ = out.name(), get_named_type(definition.type)
        if not isinstance(type_, GraphQLObjectType):
            raise NotCompiled
        self._members(out, type_, details, value, place, read)
        return value

    def _member(
        self,
        out: Function,
        definition: GraphQLField,
        details: FieldDetailsList,
        source: str,
        is_dict: str,
    ) -> str:
        passed(self._emission, definition, details, None)
        value, name = out.name(), self._emission.literal(details[0].node.name.value)
        read = f"{source}.get({name}) if {is_dict} else getattr({source}, {name}, None)"
        out.line(f"{value} = {read}")
        return value

    def _called(
        self,
        out: Function,
        how: Call,
        called: tuple[Site, str, str],
        details: FieldDetailsList,
        key: str,
        built: _Built,
    ) -> None:
        """Complete what a resolver gave, now or when it is there."""
        site, value, call_key = called
        complete = self._completer(site, details)
        pending = f"{complete}, {call_key}, {{0}}, {key}"
        if how.is_coroutine:
            built.waits.append(f"pending.append(({value}, {pending}))")
            built.entries.append((key, "None"))
            return
        awaited = out.name()
        out.line(f"{awaited} = None")
        if not self._is_exact_leaf(out, site.definition.type, value, awaited):
            with out.indented(f"if is_awaitable({value}):"):
                out.line(f"{awaited}, {value} = {value}, None")
            with out.indented("else:"):
                out.line(f"{value} = {complete}(run, {value}, {call_key})")
        built.waits.append(f"if {awaited} is not None: pending.append(({awaited}, {pending}))")
        built.entries.append((key, value))

    def _completer(self, site: Site, details: FieldDetailsList) -> str:
        """The function that completes the values of a site."""
        name = f"complete{site.number}"
        out = self._emission.function(f"{name}(run, value, key)")
        self._value(out, site.definition.type, details, "value", Place(form=site.form))
        out.line("return value")
        return name

    # Values

    def _value(
        self,
        out: Function,
        type_: GraphQLOutputType,
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        """Complete the raw value in the variable `value`, in its place."""
        if isinstance(type_, GraphQLNonNull):
            self._required(out, type_.of_type, details, value, place)
        elif is_leaf_type(type_):
            self._leaf(out, type_, value, nullable=True)
        else:
            with out.indented(f"if {value} is not None:"):
                self._required(out, type_, details, value, place)

    # Any: graphql-core's guards narrow better than its types.
    def _required(
        self, out: Function, type_: Any, details: FieldDetailsList, value: str, place: Place
    ) -> None:
        if is_leaf_type(type_):
            self._leaf(out, type_, value, nullable=False)
        elif isinstance(type_, GraphQLList):
            self._list(out, type_, details, value, place)
        elif is_abstract_type(type_):
            self._abstract(out, type_, details, value, place)
        else:
            self._object(out, type_, details, value, place)

    def _leaf(self, out: Function, type_: GraphQLLeafType, value: str, *, nullable: bool) -> None:
        how = leaf(type_, self._emission.code.bind)
        conditions = [f"{value} is not None"] if nullable else []
        conditions += [how.inexact.format(value)] if how.inexact else []
        condition = f"if {' and '.join(conditions)}: " if conditions else ""
        out.line(f"{condition}{value} = {how.completed.format(value)}")

    def _is_exact_leaf(
        self, out: Function, type_: GraphQLOutputType, value: str, awaited: str
    ) -> bool:
        """Complete a resolver's leaf on the spot, where one look tells most of them."""
        required = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if not is_leaf_type(required):
            return False
        how = leaf(required, self._emission.code.bind)
        if not how.inexact:
            return False
        nullable = "" if required is not type_ else f"{value} is not None and "
        with out.indented(f"if {nullable}{how.inexact.format(value)}:"):
            out.line(f"if is_awaitable({value}): {awaited}, {value} = {value}, None")
            out.line(f"else: {value} = {how.completed.format(value)}")
        return True

    def _list(
        self,
        out: Function,
        type_: GraphQLList[Any],  # Any: of whatever output type
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        of_rows = rows_of(type_)
        if of_rows is None:
            out.line(
                f"if type({value}) is not list and type({value}) is not tuple: raise Unexpected"
            )
            with self._loop(out, value, value, place) as (item, inner):
                self._value(out, type_.of_type, details, item, inner)
            return
        one, shape = of_rows
        name = self._emission.code.bind(shape)
        out.line(f"if type({value}) is not Rows or {value}.shape is not {name}: raise Unexpected")
        if place.form is None or len(place.steps) != 1:
            self._of_rows(out, one, shape, details, value, place)
            return
        # The list of the page that was asked for, whose rows may have come in the form.
        with out.indented(f"if {value}.written is not None:"):
            form = self._emission.code.bind(place.form)
            out.line(f"if {value}.written.form is not {form}: raise Unexpected")
            out.line(f"{value} = fragments({value}.written)")
        with out.indented("else:"):
            self._of_rows(out, one, shape, details, value, place)

    def _of_rows(
        self,
        out: Function,
        one: GraphQLObjectType,
        shape: Shape[Any],  # Any: of every class
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        rows, scope = out.name(), out.name()
        out.line(f"{rows}, {scope} = {value}.rows, {value}.scope")
        with self._loop(out, value, rows, place) as (row, inner):
            source = RowSource(self._emission.code, shape, row, scope)
            self._members(out, one, details, row, inner, source)

    @contextmanager
    def _loop(
        self, out: Function, value: str, items: str, place: Place
    ) -> Iterator[tuple[str, Place]]:
        """Complete each of `items` in its variable and place, and put them into `value`."""
        out.loops += 1
        if out.loops > _MOST_LOOPS:
            raise TooMuchCode
        completed, item, index = out.name(), out.name(), out.name()
        out.line(f"{completed} = []")
        header, calls = out.reserve(), len(self._emission.sites.all)
        with out.indented():
            yield item, place.item(index)
            out.line(f"{completed}.append({item})")
        if len(self._emission.sites.all) > calls:
            out.fill(header, f"for {index}, {item} in enumerate({items}):")
        else:
            out.fill(header, f"for {item} in {items}:")
        out.line(f"{value} = {completed}")
        out.loops -= 1

    def _object(
        self,
        out: Function,
        type_: GraphQLObjectType,
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        if strawberry_fields.has_own_check(type_):
            raise NotCompiled
        cls = strawberry_fields.origin(type_)
        if type_.is_type_of is not None:
            if cls is None:
                raise NotCompiled
            out.line(f"if {self._not_exactly(cls, value)}: raise Unexpected")
        elif cls is not None and is_ordinary(cls):
            out.line(f"if type({value}) is not {self._emission.code.bind(cls)}: admit({value})")
        else:
            out.line(f"if type({value}) is not dict: admit({value})")
        self._members(out, type_, details, value, place)

    def _members(
        self,
        out: Function,
        type_: GraphQLObjectType,
        details: FieldDetailsList,
        value: str,
        place: Place,
        source: Source | None = None,
    ) -> None:
        """Build the object's part of the answer, now that the type of its value is sure.

        It is read from `value`, or from the `source`, and put into `value`.
        """
        grouped = self._emission.subfields(type_, details)
        built = self._fields(out, type_, grouped, source or ObjectSource(value), place)
        pairs = ", ".join(f"{key}: {entry}" for key, entry in built.entries)
        out.line(f"{value} = {{{pairs}}}")
        _wait(out, built, value)

    def _not_exactly(self, cls: type, value: str) -> str:
        if not is_ordinary(cls):
            raise NotCompiled
        name = self._emission.code.bind(cls)
        return f"type({value}) is not {name} or hasattr({value}, {strawberry_fields.CAST!r})"

    def _abstract(
        self,
        out: Function,
        type_: GraphQLAbstractType,
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        possible = self._emission.schema.get_possible_types(type_)
        if type_.resolve_type in {None, default_type_resolver}:
            tests = self._tests_by_name(out, possible, value)
        elif strawberry_fields.is_told_by_class(type_):
            tests = self._tests_by_class(possible, value)
        else:
            raise NotCompiled
        keyword = "if"
        for test, one in tests:
            with out.indented(f"{keyword} {test}:"):
                self._members(out, one, details, value, place)
            keyword = "elif"
        out.line("else: raise Unexpected" if tests else "raise Unexpected")

    def _tests_by_name(
        self, out: Function, possible: list[GraphQLObjectType], value: str
    ) -> list[tuple[str, GraphQLObjectType]]:
        if any(one.is_type_of is not None for one in possible):
            raise NotCompiled
        name = out.name()
        out.line(f"if type({value}) is not dict: admit({value})")
        out.line(f"{name} = typename({value})")
        out.line(f"if type({name}) is not str: raise Unexpected")
        return [(f"{name} == {self._emission.literal(one.name)}", one) for one in possible]

    def _tests_by_class(
        self, possible: list[GraphQLObjectType], value: str
    ) -> list[tuple[str, GraphQLObjectType]]:
        tests = []
        for one in possible:
            cls = strawberry_fields.origin(one)
            if cls is None or strawberry_fields.has_own_check(one):
                raise NotCompiled
            tests.append((f"not ({self._not_exactly(cls, value)})", one))
        return tests


def _wait(out: Function, built: _Built, target: str) -> None:
    for line in built.waits:
        out.line(line.format(target))
