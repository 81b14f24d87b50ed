"""Generates the code that encodes the fields of an object.

Resolvers are called in the same order as by graphql-core. A result that has to be awaited becomes
pending, with a slot for it in the list.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import (
    GraphQLField,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

from db.page import PageReads
from gql.compiler.codegen.attributes import AttributeSource
from gql.compiler.codegen.calls import argument_code, write_call
from gql.compiler.codegen.code import Function
from gql.compiler.codegen.context import CodegenContext, CodePosition
from gql.compiler.codegen.leaves import leaf
from gql.compiler.identifiers import NotCompiled
from gql.compiler.resolution.field_access import (
    AttributeAccess,
    DefaultAccess,
    FieldAccess,
    ResolverCall,
    field_access,
)
from gql.values.field_cost import field_cost
from spans.part import Kind, Part

if TYPE_CHECKING:
    from gql.compiler.codegen.values import ValueWriter
    from gql.compiler.resolution.call_sites import CallSite


@dataclass(frozen=True, slots=True)
class _Field:
    """A selected field of an object."""

    response_name: str
    details: FieldDetailsList
    definition: GraphQLField
    access: FieldAccess
    position: CodePosition

    @property
    def name(self) -> str:
        return self.details[0].node.name.value


def write_fields(
    value_writer: "ValueWriter",
    out: Function,
    parent: GraphQLObjectType,
    grouped: GroupedFieldSet,
    source: AttributeSource,
    position: CodePosition,
) -> None:
    """Encode the fields of an object of the type `parent`, which are read from `source`."""
    context = value_writer.context
    fields = _selected(context, parent, grouped, position)
    own_cost = sum(
        field_cost(parent, one.definition, one.details[0].node).own_cost for one in fields
    )
    if own_cost:
        out.line(f"run.cost += {own_cost}")
    if position.page is not None and not any(_is_list(one.definition) for one in fields):
        size = context.code.bind(position.page)
        out.line(f"run.cost += {position.item_cost} * {size}.of(run.variable_values.coerced)")
    is_dict = ""
    if any(isinstance(one.access, DefaultAccess) for one in fields):
        is_dict = out.name()
        out.line(f"{is_dict} = type({source.object(out)}) is dict")
    for number, one in enumerate(fields):
        context.count_field()
        is_renamed = one.response_name != one.name
        key = f'"{one.response_name}":'
        out.literal(f",{key}" if number else key, is_from_document=is_renamed)
        _write(value_writer, out, parent, one, source, is_dict)


def _selected(
    context: CodegenContext,
    parent: GraphQLObjectType,
    grouped: GroupedFieldSet,
    position: CodePosition,
) -> list[_Field]:
    """The selected fields that the schema has, with their positions and costs."""
    found, rows = [], position.item_cost if position.page is not None else 0
    for response_name, details in grouped.items():
        node = details[0].node
        definition = context.schema.get_field(parent, node.name.value)
        if definition is None:
            continue
        cost, inner = field_cost(parent, definition, node), position.field(response_name, parent)
        if cost.is_connection:
            inner = inner.costing(cost.item_cost, cost.size)
        elif rows and _is_list(definition):
            # The rows of a page are charged once, however often they are selected.
            inner, rows = inner.costing(rows), 0
        else:
            inner = inner.costing(cost.item_cost)
        access = field_access(context.schema, definition)
        found.append(_Field(response_name, details, definition, access, inner))
    return found


def _is_list(definition: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(definition.type))


def _write(
    value_writer: "ValueWriter",
    out: Function,
    parent: GraphQLObjectType,
    field: _Field,
    source: AttributeSource,
    is_dict: str,
) -> None:
    """Encode the value of one field."""
    context, type_ = value_writer.context, field.definition.type
    if field.name == "__typename":
        out.literal(f'"{parent.name}"')
    elif field.name.startswith("__"):
        raise NotCompiled
    elif isinstance(field.access, ResolverCall):
        parts = parent, field.definition, field.access, field.details, source.object(out)
        reads = f"reads{len(context.sites.all)}"
        site, value, key = write_call(context, out, *parts, field.position, reads)
        _write_called(value_writer, out, field, site, value, key)
    elif isinstance(field.access, AttributeAccess):
        attribute = source.read(out, field.access.name, type_)
        value_writer.attribute(out, type_, field.details, attribute, field.position)
    else:
        value = _member(context, out, field, source.object(out), is_dict)
        value_writer.value(out, type_, field.details, value, field.position)


def _member(
    context: CodegenContext, out: Function, field: _Field, source: str, is_dict: str
) -> str:
    argument_code(context, field.definition, field.details, None)
    value, name = out.name(), context.literal(field.name)
    read = f"{source}.get({name}) if {is_dict} else getattr({source}, {name}, None)"
    out.line(f"{value} = {read}")
    return value


def _write_called(
    value_writer: "ValueWriter",
    out: Function,
    field: _Field,
    site: "CallSite",
    value: str,
    key: str,
) -> None:
    """Encode the result of a resolver, now or once it has arrived."""
    complete, has_slots = _completer(value_writer, field, site)
    out.flush()
    slot = "slots.append((w, len(w)))"
    later = f"pending.append(({value}, {complete}, {key}, w, len(w))); {slot}; w.append(None)"
    if isinstance(field.access, ResolverCall) and field.access.is_coroutine:
        out.line(later)
        return
    type_, kind = field.definition.type, out.name()
    if is_leaf_type(get_nullable_type(type_)):
        written = f"w.append({_leaf(value_writer.context, type_, value)})"
    elif has_slots:
        written = f"{slot}; w.append({complete}(run, {value}, {key}))"
    else:
        written = f"w.append({complete}(run, {value}, {key}))"
    out.line(f"{kind} = type({value})")
    out.line(
        f"if {kind} is loader_future and {value}.is_known: "
        f"{value} = {value}.result(); {kind} = type({value})"
    )
    out.line(
        f"if {kind} in futures or {value} is not None and {kind} not in plain_classes "
        f"and needs_await({value}): {later}"
    )
    out.line(f"else: {written}")


def _leaf(context: CodegenContext, type_: GraphQLOutputType, value: str) -> str:
    required: GraphQLLeafType = get_nullable_type(type_)  # type: ignore[assignment]  # it is one
    text = leaf(required, context.code.bind, value)
    if isinstance(type_, GraphQLNonNull):
        return text
    return f'b"null" if {value} is None else {text}'


def _completer(value_writer: "ValueWriter", field: _Field, site: "CallSite") -> tuple[str, bool]:
    """Generate the function that encodes the results of a site; tells whether it leaves slots."""
    name = f"complete{site.number}"
    position = CodePosition(item_cost=field.position.item_cost, page=field.position.page)
    with value_writer.context.function(f"{name}(run, value, key)", is_joined=True) as out:
        value_writer.value(out, field.definition.type, field.details, "value", position)
    is_known = not (out.needs_rows or out.has_slots)
    reads = PageReads(frozenset(out.columns), frozenset(out.members)) if is_known else None
    value_writer.context.reads[f"reads{site.number}"] = reads
    value_writer.context.writers[name] = Part(Kind.WRITER, site.coordinate)
    return name, out.has_slots
