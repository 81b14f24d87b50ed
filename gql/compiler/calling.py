"""Generates the code that calls a resolver."""

from graphql import GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList

from gql.compiler.arguments import arguments
from gql.compiler.code import Function
from gql.compiler.emission import CodePosition, Emission
from gql.compiler.fields import ResolverCall
from gql.compiler.identifiers import checked_name
from gql.compiler.sites import CallSite
from spans.part import Kind, Part


def write_call(
    emission: Emission,
    out: Function,
    parent: GraphQLObjectType,
    definition: GraphQLField,
    access: ResolverCall,
    details: FieldDetailsList,
    source: str,
    position: CodePosition,
    columns: str,
) -> tuple[CallSite, str, str]:
    """Write the call of a resolver; returns its site, and the variables of its result and its key.

    `columns` is the name in code of the columns that are needed of the rows that it returns.
    """
    nodes = [one.node for one in details]
    number = len(emission.sites.all)
    site = CallSite(number, position.steps, definition, parent, nodes, access.unwrapped)
    emission.add_site(site)
    given = argument_code(emission, definition, details, access)
    value, key = out.name(), out.name()
    out.has_slots = True
    out.line(f"{key} = ({', '.join([str(number), 'key', *position.indexes])})")
    info = (
        _info(out, key, columns)
        if access.unwrapped is not None and access.unwrapped.info is not None
        else ""
    )
    with out.indented("try:"):
        out.line(f"{value} = {_called(emission, site, access, source, key, info, given)}")
    with out.indented("except Exception as error:"):
        out.line(f"outcomes[{key}] = Raised(error)")
        out.line("raise")
    out.line(f"outcomes[{key}] = {value}")
    return site, value, key


def _info(out: Function, key: str, columns: str) -> str:
    """Write the creation of the resolver's info; returns its variable."""
    info = out.name()
    out.line(f"{info} = new(LazyInfo)")
    out.line(f"{info}.context, {info}.call = run.context_value, (run, sites, {key})")
    out.line(f"{info}.columns = {columns}")
    return info


def argument_code(
    emission: Emission,
    definition: GraphQLField,
    details: FieldDetailsList,
    access: ResolverCall | None,
) -> str:
    """The code that passes the arguments; they are coerced even if nothing uses them."""
    found = arguments(definition, details[0].node, access.unwrapped if access else None)
    if found is None:
        return ""
    number = len(emission.coerce)
    emission.coerce.append(found.coerce)
    if found.is_shared:
        return f", **shared[{number}]"
    return f", **{emission.code.bind(found.coerce)}(run)"


def _called(
    emission: Emission,
    site: CallSite,
    access: ResolverCall,
    source: str,
    key: str,
    info: str,
    given: str,
) -> str:
    resolve, unwrapped = emission.code.bind(access.resolve), access.unwrapped
    emission.resolvers.setdefault(resolve, Part(Kind.RESOLVER, site.coordinate))
    if unwrapped is None:
        return f"{resolve}({source}, sites.info(run, {key}){given})"
    parts = [source] if unwrapped.takes_self else []
    parts += [f"{checked_name(name)}={source}" for name in unwrapped.parent]
    if unwrapped.info is not None:
        parts.append(f"{checked_name(unwrapped.info)}={info}")
    return f"{resolve}({', '.join(parts)}{given if parts else given.removeprefix(', ')})"
