"""The code that calls a resolver, and what it passes to it."""

from graphql import GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList

from gql.compiler.arguments import arguments
from gql.compiler.code import Function
from gql.compiler.emission import Emission, Place
from gql.compiler.fields import Call
from gql.compiler.identifiers import checked_name
from gql.compiler.sites import Site
from spans.part import Kind, Part


def call(
    emission: Emission,
    out: Function,
    parent: GraphQLObjectType,
    definition: GraphQLField,
    how: Call,
    details: FieldDetailsList,
    source: str,
    place: Place,
    columns: str,
) -> tuple[Site, str, str]:
    """Call the resolver: give its site, and the variables of what it gave and of the call's key.

    It is told which `columns`, a name in code, are read of the rows that it gives.
    """
    nodes = [one.node for one in details]
    number = len(emission.sites.all)
    site = Site(number, place.steps, definition, parent, nodes, how.direct)
    emission.add_site(site)
    given = passed(emission, definition, details, how)
    value, key = out.name(), out.name()
    out.has_slots = True
    out.line(f"{key} = ({', '.join([str(number), 'key', *place.indexes])})")
    info = (
        _info(out, key, columns) if how.direct is not None and how.direct.info is not None else ""
    )
    with out.indented("try:"):
        out.line(f"{value} = {_called(emission, site, how, source, key, info, given)}")
    with out.indented("except Exception as error:"):
        out.line(f"outcomes[{key}] = Raised(error)")
        out.line("raise")
    out.line(f"outcomes[{key}] = {value}")
    return site, value, key


def _info(out: Function, key: str, columns: str) -> str:
    """What the resolver is told of its call, in a variable."""
    info = out.name()
    out.line(f"{info} = new(LazyInfo)")
    out.line(f"{info}.context, {info}.call = run.context_value, (run, sites, {key})")
    out.line(f"{info}.columns = {columns}")
    return info


def passed(
    emission: Emission, definition: GraphQLField, details: FieldDetailsList, how: Call | None
) -> str:
    """The code that passes the arguments on; they are coerced although nobody may want them."""
    found = arguments(definition, details[0].node, how.direct if how else None)
    if found is None:
        return ""
    number = len(emission.coerce)
    emission.coerce.append(found.coerce)
    if found.is_shared:
        return f", **shared[{number}]"
    return f", **{emission.code.bind(found.coerce)}(run)"


def _called(
    emission: Emission, site: Site, how: Call, source: str, key: str, info: str, given: str
) -> str:
    resolve, direct = emission.code.bind(how.resolve), how.direct
    emission.resolvers.setdefault(resolve, Part(Kind.RESOLVER, site.coordinate))
    if direct is None:
        return f"{resolve}({source}, sites.info(run, {key}){given})"
    parts = [source] if direct.takes_self else []
    parts += [f"{checked_name(name)}={source}" for name in direct.parent]
    if direct.info is not None:
        parts.append(f"{checked_name(direct.info)}={info}")
    return f"{resolve}({', '.join(parts)}{given if parts else given.removeprefix(', ')})"
