"""Generates the code that checks the type of an object, or finds it among possible types."""

from graphql import GraphQLAbstractType, GraphQLObjectType
from graphql.execution import default_type_resolver

from gql.compiler.codegen.code import Function
from gql.compiler.codegen.context import CodegenContext
from gql.compiler.codegen.plain_values import is_plain_class
from gql.compiler.identifiers import NotCompiled
from gql.compiler.resolution import strawberry_fields


def write_type_check(
    context: CodegenContext, out: Function, type_: GraphQLObjectType, value: str
) -> None:
    """Write the check that an object is of the type."""
    if strawberry_fields.has_own_check(type_):
        raise NotCompiled
    cls = strawberry_fields.origin(type_)
    if type_.is_type_of is not None:
        if cls is None:
            raise NotCompiled
        out.line(f"if {_not_exactly(context, cls, value)}: raise UnexpectedValue")
    elif cls is not None and is_plain_class(cls):
        out.line(f"if type({value}) is not {context.code.bind(cls)}: require_plain({value})")
    else:
        out.line(f"if type({value}) is not dict: require_plain({value})")


def type_tests(
    context: CodegenContext, out: Function, type_: GraphQLAbstractType, value: str
) -> list[tuple[str, GraphQLObjectType]]:
    """For each possible type, the expression that tests whether an object is of this type."""
    possible = context.schema.get_possible_types(type_)
    if type_.resolve_type in {None, default_type_resolver}:
        return _type_tests_by_name(context, out, possible, value)
    if strawberry_fields.is_resolved_by_class(type_):
        return _type_tests_by_class(context, possible, value)
    raise NotCompiled


def _type_tests_by_name(
    context: CodegenContext, out: Function, possible: list[GraphQLObjectType], value: str
) -> list[tuple[str, GraphQLObjectType]]:
    if any(one.is_type_of is not None for one in possible):
        raise NotCompiled
    name = out.name()
    out.line(f"if type({value}) is not dict: require_plain({value})")
    out.line(f"{name} = typename({value})")
    out.line(f"if type({name}) is not str: raise UnexpectedValue")
    return [(f"{name} == {context.literal(one.name)}", one) for one in possible]


def _type_tests_by_class(
    context: CodegenContext, possible: list[GraphQLObjectType], value: str
) -> list[tuple[str, GraphQLObjectType]]:
    found = []
    for one in possible:
        cls = strawberry_fields.origin(one)
        if cls is None or strawberry_fields.has_own_check(one):
            raise NotCompiled
        mapping = strawberry_fields.mapping_for(one)
        if mapping is not None:
            found.append((f"type({value}) is {context.code.bind(mapping.view_class)}", one))
        else:
            found.append((f"not ({_not_exactly(context, cls, value)})", one))
    return found


def _not_exactly(context: CodegenContext, cls: type, value: str) -> str:
    if not is_plain_class(cls):
        raise NotCompiled
    name = context.code.bind(cls)
    return f"type({value}) is not {name} or hasattr({value}, {strawberry_fields.CAST!r})"
