"""The schema: printed and committed, described, and with all that its contract promises."""

from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_specified_scalar_type,
    print_ast,
)

from gql.build import schema

CONTRACT = build_schema(Path(__file__).with_name("contract.graphql").read_text())


def test_everything_is_described() -> None:
    ours = build_schema(schema().as_str())
    silent = [name for name, description in _described(ours) if not description]
    assert silent == [], "describe them where they are declared, in gql/schema or gql/resolvers"


def test_everything_of_the_contract_is_there_with_the_same_types() -> None:
    ours = dict(_signatures(build_schema(schema().as_str())))
    promised = dict(_signatures(CONTRACT))
    assert {name: ours.get(name) for name in promised} == promised


def _roots(built: GraphQLSchema) -> list[GraphQLObjectType]:
    roots = (built.query_type, built.mutation_type, built.subscription_type)
    return [root for root in roots if root is not None]


def _reachable(built: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    """The types that can be met from the root fields."""
    waiting: list[GraphQLNamedType] = list(_roots(built))
    met: set[str] = set()
    while waiting:
        type_ = waiting.pop()
        if type_.name in met or is_specified_scalar_type(type_):
            continue
        met.add(type_.name)
        yield type_
        if isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
            waiting += built.get_possible_types(type_)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            waiting += [get_named_type(field.type) for field in type_.fields.values()]
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            waiting += [
                get_named_type(argument.type)
                for field in type_.fields.values()
                for argument in field.args.values()
            ]


def _signatures(built: GraphQLSchema) -> Iterator[tuple[str, str]]:
    for type_ in _reachable(built):
        yield type_.name, type(type_).__name__
        if isinstance(type_, GraphQLObjectType):
            yield f"{type_.name} implements", " ".join(one.name for one in type_.interfaces)
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{type_.name}.{value}", "value") for value in type_.values)
        if isinstance(type_, GraphQLUnionType):
            yield f"{type_.name} members", " ".join(sorted(one.name for one in type_.types))
        if isinstance(type_, GraphQLInputObjectType):
            for name, taken in type_.fields.items():
                default = taken.ast_node and taken.ast_node.default_value
                yield f"{type_.name}.{name}", f"{taken.type} = {default and print_ast(default)}"
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", str(field.type)
                for argument, taken in field.args.items():
                    place = f"{type_.name}.{name}({argument})"
                    default = taken.ast_node and taken.ast_node.default_value
                    yield place, f"{taken.type} = {default and print_ast(default)}"


def _described(built: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for type_ in built.type_map.values():
        if type_.name.startswith("__") or is_specified_scalar_type(type_):
            continue
        yield type_.name, type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from (
                (f"{type_.name}.{name}", one.description) for name, one in type_.values.items()
            )
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field.description
                for argument, taken in getattr(field, "args", {}).items():
                    yield f"{type_.name}.{name}({argument})", taken.description
