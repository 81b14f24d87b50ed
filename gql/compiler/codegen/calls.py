"""Generates the code that calls a resolver."""

from graphql import GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList

from gql.compiler.codegen.code import Function
from gql.compiler.codegen.context import CodegenContext, CodePosition
from gql.compiler.identifiers import checked_identifier
from gql.compiler.resolution.arguments import arguments
from gql.compiler.resolution.call_sites import CallSite
from gql.compiler.resolution.field_access import ResolverCall
from spans.part import Kind, Part


def write_call(
    context: CodegenContext,
    out: Function,
    parent: GraphQLObjectType,
    definition: GraphQLField,
    access: ResolverCall,
    details: FieldDetailsList,
    source: str,
    position: CodePosition,
    reads: str,
) -> tuple[CallSite, str, str]:
    """Write the call of a resolver; returns its site, and the variables of its result and its key.

    `reads` is the name in code of what is read of the rows or of the page that it returns.
    """
    nodes = [one.node for one in details]
    number = len(context.sites.all)
    site = CallSite(number, position.steps, definition, parent, nodes, access.unwrapped)
    context.add_site(site)
    given = argument_code(context, definition, details, access)
    value, key = out.name(), out.name()
    out.has_slots = True
    out.line(f"{key} = ({', '.join([str(number), 'key', *position.indexes])})")
    info = (
        _info(out, key, reads)
        if access.unwrapped is not None and access.unwrapped.info is not None
        else ""
    )
    with out.indented("try:"):
        out.line(f"{value} = {_called(context, site, access, source, key, info, given)}")
    with out.indented("except Exception as error:"):
        out.line(f"outcomes[{key}] = Raised(error)")
        out.line("raise")
    out.line(f"outcomes[{key}] = {value}")
    return site, value, key


def _info(out: Function, key: str, reads: str) -> str:
    """Write the creation of the resolver's info; returns its variable."""
    info = out.name()
    out.line(f"{info} = new(ResolverInfo)")
    out.line(f"{info}.context, {info}.call = run.context_value, (run, sites, {key})")
    out.line(f"{info}.reads = {reads}")
    return info


def argument_code(
    context: CodegenContext,
    definition: GraphQLField,
    details: FieldDetailsList,
    access: ResolverCall | None,
) -> str:
    """The code that passes the arguments; they are coerced even if nothing uses them."""
    found = arguments(definition, details[0].node, access.unwrapped if access else None)
    if found is None:
        return ""
    number = len(context.coerce)
    context.coerce.append(found.coerce)
    if found.is_shared:
        return f", **shared[{number}]"
    return f", **{context.code.bind(found.coerce)}(run)"


def _called(
    context: CodegenContext,
    site: CallSite,
    access: ResolverCall,
    source: str,
    key: str,
    info: str,
    given: str,
) -> str:
    resolve, unwrapped = context.code.bind(access.resolve), access.unwrapped
    context.resolvers.setdefault(resolve, Part(Kind.RESOLVER, site.coordinate))
    if unwrapped is None:
        return f"{resolve}({source}, sites.info(run, {key}){given})"
    parts = [source] if unwrapped.takes_self else []
    parts += [f"{checked_identifier(name)}={source}" for name in unwrapped.parent]
    if unwrapped.info is not None:
        parts.append(f"{checked_identifier(unwrapped.info)}={info}")
    return f"{resolve}({', '.join(parts)}{given if parts else given.removeprefix(', ')})"
