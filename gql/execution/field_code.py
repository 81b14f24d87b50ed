"""The code that gives the fields of an object: what is read, and what resolvers are called for.

Resolvers are called in the order in which graphql-core calls them; what has to be awaited is left
as pending.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graphql import GraphQLField, GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

from gql.execution.calling import call, passed
from gql.execution.code import Function
from gql.execution.emission import Emission, NotCompiled, Place
from gql.execution.fields import Attribute, Call, Member, access
from gql.execution.leaf_code import complete_at_once, may_be_awaited
from gql.execution.sites import Site
from gql.execution.sources import Source, Variable

if TYPE_CHECKING:
    from gql.execution.completing import Completing


@dataclass(slots=True)
class Built:
    """The fields of an object in the making: keys with values, and what they wait for."""

    entries: list[tuple[str, str]] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    """Lines to follow once the object is there, with `{0}` for it."""

    def wait(self, out: Function, target: str) -> None:
        """Leave as pending what belongs into the object, which is in `target`."""
        for line in self.waits:
            out.line(line.format(target))


def fields_of(
    completing: "Completing",
    out: Function,
    parent: GraphQLObjectType,
    grouped: GroupedFieldSet,
    source: Source,
    place: Place,
) -> Built:
    """Write what gives the fields of an object of `parent` that is read from `source`."""
    emission, built = completing.emission, Built()
    schema = emission.schema
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
        emission.count_field()
        name = details[0].node.name.value
        key = emission.key(response_name, name)
        inner = place.field(response_name, parent)
        if name == "__typename":
            built.entries.append((key, emission.literal(parent.name)))
        elif name.startswith("__"):
            raise NotCompiled
        elif isinstance(how, Call):
            parts = parent, definition, how, details, source.object(out), inner
            called = call(emission, out, *parts)
            _called(completing, out, how, called, details, key, built)
        elif isinstance(how, Attribute):
            value = _attribute(completing, out, how, definition, details, source, inner)
            built.entries.append((key, value))
        else:
            value = _member(emission, out, definition, details, source.object(out), is_dict)
            completing.value(out, definition.type, details, value, inner)
            built.entries.append((key, value))
    return built


def _attribute(
    completing: "Completing",
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
            completing.value(out, definition.type, details, read.name, place)
        return read.name
    value, type_ = out.name(), get_named_type(definition.type)
    if not isinstance(type_, GraphQLObjectType):
        raise NotCompiled
    completing.members(out, type_, details, value, place, read)
    return value


def _member(
    emission: Emission,
    out: Function,
    definition: GraphQLField,
    details: FieldDetailsList,
    source: str,
    is_dict: str,
) -> str:
    passed(emission, definition, details, None)
    value, name = out.name(), emission.literal(details[0].node.name.value)
    read = f"{source}.get({name}) if {is_dict} else getattr({source}, {name}, None)"
    out.line(f"{value} = {read}")
    return value


def _called(
    completing: "Completing",
    out: Function,
    how: Call,
    called: tuple[Site, str, str],
    details: FieldDetailsList,
    key: str,
    built: Built,
) -> None:
    """Complete what a resolver gave, now or when it is there."""
    site, value, call_key = called
    complete = _completer(completing, site, details)
    pending = f"{complete}, {call_key}, {{0}}, {key}"
    if how.is_coroutine:
        built.waits.append(f"pending.append(({value}, {pending}))")
        built.entries.append((key, "None"))
        return
    awaited = out.name()
    out.line(f"{awaited} = None")
    if not complete_at_once(completing.emission, out, site.definition.type, value, awaited):
        with out.indented(f"if {may_be_awaited(value)}:"):
            out.line(f"{awaited}, {value} = {value}, None")
        with out.indented("else:"):
            out.line(f"{value} = {complete}(run, {value}, {call_key})")
    built.waits.append(f"if {awaited} is not None: pending.append(({awaited}, {pending}))")
    built.entries.append((key, value))


def _completer(completing: "Completing", site: Site, details: FieldDetailsList) -> str:
    """The function that completes the values of a site."""
    name = f"complete{site.number}"
    out = completing.emission.function(f"{name}(run, value, key)")
    completing.value(out, site.definition.type, details, "value", Place(form=site.form))
    out.line("return value")
    return name
