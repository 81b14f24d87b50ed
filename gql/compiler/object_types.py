"""Generates the code that checks the type of an object, or finds it among possible types."""

from graphql import GraphQLAbstractType, GraphQLObjectType
from graphql.execution import default_type_resolver

from gql.compiler import strawberry_fields
from gql.compiler.code import Function
from gql.compiler.emission import Emission
from gql.compiler.identifiers import NotCompiled
from gql.compiler.ordinary import is_plain_class


def write_type_check(
    emission: Emission, out: Function, type_: GraphQLObjectType, value: str
) -> None:
    """Write the check that an object is of the type."""
    if strawberry_fields.has_own_check(type_):
        raise NotCompiled
    cls = strawberry_fields.origin(type_)
    if type_.is_type_of is not None:
        if cls is None:
            raise NotCompiled
        out.line(f"if {_not_exactly(emission, cls, value)}: raise Unexpected")
    elif cls is not None and is_plain_class(cls):
        out.line(f"if type({value}) is not {emission.code.bind(cls)}: admit({value})")
    else:
        out.line(f"if type({value}) is not dict: admit({value})")


def type_tests(
    emission: Emission, out: Function, type_: GraphQLAbstractType, value: str
) -> list[tuple[str, GraphQLObjectType]]:
    """For each possible type, the expression that tests whether an object is of this type."""
    possible = emission.schema.get_possible_types(type_)
    if type_.resolve_type in {None, default_type_resolver}:
        return _type_tests_by_name(emission, out, possible, value)
    if strawberry_fields.is_told_by_class(type_):
        return _type_tests_by_class(emission, possible, value)
    raise NotCompiled


def _type_tests_by_name(
    emission: Emission, out: Function, possible: list[GraphQLObjectType], value: str
) -> list[tuple[str, GraphQLObjectType]]:
    if any(one.is_type_of is not None for one in possible):
        raise NotCompiled
    name = out.name()
    out.line(f"if type({value}) is not dict: admit({value})")
    out.line(f"{name} = typename({value})")
    out.line(f"if type({name}) is not str: raise Unexpected")
    return [(f"{name} == {emission.literal(one.name)}", one) for one in possible]


def _type_tests_by_class(
    emission: Emission, possible: list[GraphQLObjectType], value: str
) -> list[tuple[str, GraphQLObjectType]]:
    found = []
    for one in possible:
        cls = strawberry_fields.origin(one)
        if cls is None or strawberry_fields.has_own_check(one):
            raise NotCompiled
        shape = strawberry_fields.shape_for(one)
        if shape is not None:
            found.append((f"type({value}) is {emission.code.bind(shape.view_class)}", one))
        else:
            found.append((f"not ({_not_exactly(emission, cls, value)})", one))
    return found


def _not_exactly(emission: Emission, cls: type, value: str) -> str:
    if not is_plain_class(cls):
        raise NotCompiled
    name = emission.code.bind(cls)
    return f"type({value}) is not {name} or hasattr({value}, {strawberry_fields.CAST!r})"
