"""The code that completes a value: leaves, lists, objects, and objects of a type not known before.

A value is completed in the variable that holds it. Resolvers are called in the order in which
graphql-core calls them; what has to be awaited is left as pending.
"""

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
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution import default_type_resolver
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

from gql.execution import strawberry_fields
from gql.execution.calling import call, passed
from gql.execution.code import Function, TooMuchCode
from gql.execution.emission import Emission, NotCompiled, Place
from gql.execution.fields import Access, Attribute, Call, Member, access
from gql.execution.leaves import leaf
from gql.execution.sites import Site
from gql.execution.values import is_ordinary

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
        built = self._fields(out, root, grouped, "source", Place())
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
        source: str,
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
            out.line(f"{is_dict} = type({source}) is dict")
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
                called = call(self._emission, out, parent, definition, how, details, source, inner)
                self._called(out, how, called, details, key, built)
            else:
                value = self._read(out, how, definition, details, source, is_dict)
                self._value(out, definition.type, details, value, inner)
                built.entries.append((key, value))
        return built

    def _read(
        self,
        out: Function,
        how: Access,
        definition: GraphQLField,
        details: FieldDetailsList,
        source: str,
        is_dict: str,
    ) -> str:
        value = out.name()
        if isinstance(how, Attribute):
            out.line(f"{value} = {source}.{how.name}")
            return value
        passed(self._emission, definition, details, None)
        name = self._emission.literal(details[0].node.name.value)
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
        self._value(out, site.definition.type, details, "value", Place())
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
        out.loops += 1
        if out.loops > _MOST_LOOPS:
            raise TooMuchCode
        items, item, index = out.name(), out.name(), out.name()
        out.line(f"if type({value}) is not list and type({value}) is not tuple: raise Unexpected")
        out.line(f"{items} = []")
        header, calls = out.reserve(), len(self._emission.sites.all)
        with out.indented():
            self._value(out, type_.of_type, details, item, place.item(index))
            out.line(f"{items}.append({item})")
        if len(self._emission.sites.all) > calls:
            out.fill(header, f"for {index}, {item} in enumerate({value}):")
        else:
            out.fill(header, f"for {item} in {value}:")
        out.line(f"{value} = {items}")
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
    ) -> None:
        """Build the object's part of the answer, now that the type of its value is sure."""
        grouped = self._emission.subfields(type_, details)
        built = self._fields(out, type_, grouped, value, place)
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
