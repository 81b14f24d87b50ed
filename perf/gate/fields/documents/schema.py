"""Helpers to walk the schema: the types that fields return, and the arguments they take."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import islice, product

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_leaf_type,
    is_required_argument,
)

from gql.build import core_schema
from perf.gate.fields.documents.selections import (
    TYPE_NAME,
    Argument,
    FieldSelection,
    InlineFragment,
    Selections,
)
from perf.gate.fields.documents.value_generators import MOST_COMBINATIONS, ValueGenerators


@cache
def fields() -> Mapping[str, Mapping[str, GraphQLField]]:
    """The fields of all object types, without introspection."""
    return {
        name: type_.fields
        for name, type_ in core_schema().type_map.items()
        if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_)
    }


def root_of(kind: str) -> str:
    """The name of the root type of this kind of operation."""
    roots = {
        "query": core_schema().query_type,
        "mutation": core_schema().mutation_type,
        "subscription": core_schema().subscription_type,
    }
    root = roots[kind]
    return root.name if root else ""


def object_types(field: GraphQLField) -> tuple[str, ...]:
    """The object types that a field may return; empty for leaf types."""
    named = get_named_type(field.type)
    if isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
        return tuple(one.name for one in core_schema().get_possible_types(named))
    return () if is_leaf_type(named) else (named.name,)


def is_abstract(field: GraphQLField) -> bool:
    """Whether a field returns an interface or a union."""
    return isinstance(get_named_type(field.type), GraphQLInterfaceType | GraphQLUnionType)


def is_leaf(field: GraphQLField) -> bool:
    """Whether a field returns a scalar or an enum."""
    return is_leaf_type(get_named_type(field.type))


def is_single_valued(field: GraphQLField) -> bool:
    """Whether a field returns a single value: no list, and no object that contains one."""
    inner = [one.type for name in object_types(field) for one in fields()[name].values()]
    return not any(isinstance(get_nullable_type(one), GraphQLList) for one in (field.type, *inner))


def required_arguments(field: GraphQLField) -> Mapping[str, GraphQLArgument]:
    """The required arguments of a field."""
    return {name: one for name, one in field.args.items() if is_required_argument(one)}


def optional_arguments(field: GraphQLField) -> Mapping[str, GraphQLArgument]:
    """The optional arguments of a field."""
    return {name: one for name, one in field.args.items() if not is_required_argument(one)}


def argument_combinations(
    arguments: Mapping[str, GraphQLArgument], generators: ValueGenerators
) -> Iterator[tuple[Argument, ...]]:
    """Combinations of generated values for all of the arguments."""
    each = [
        [
            Argument(name, str(one.type), generator)
            for generator in generators.of_argument(name, one.type)
        ]
        for name, one in arguments.items()
    ]
    return islice(product(*each), MOST_COMBINATIONS)


def all_fields(type_name: str, generators: ValueGenerators) -> Selections:
    """All fields of a type; of the objects they return, only `__typename`."""
    return expand_type(type_name, generators, levels=0)


def expand_type(
    type_name: str, generators: ValueGenerators, *, levels: int, shallow_types: Collection[str] = ()
) -> Selections:
    """All fields of a type, so many levels deep; `shallow_types` only one level."""
    selections: list[FieldSelection | InlineFragment] = [TYPE_NAME]
    for name, field in fields()[type_name].items():
        arguments = next(argument_combinations(required_arguments(field), generators), None)
        if arguments is not None:
            inner = expand_field(field, generators, levels=levels, shallow_types=shallow_types)
            selections.append(FieldSelection(name, arguments, inner))
    return tuple(selections)


def expand_field(
    field: GraphQLField,
    generators: ValueGenerators,
    *,
    levels: int,
    shallow_types: Collection[str] = (),
) -> Selections:
    """The selections below a field, so many levels deep; empty for leaf types."""
    if is_leaf(field):
        return ()
    types = object_types(field) if levels else ()
    each = {
        name: expand_type(
            name,
            generators,
            levels=0 if name in shallow_types else levels - 1,
            shallow_types=shallow_types,
        )
        for name in types
    }
    if is_abstract(field):
        return (
            TYPE_NAME,
            *(InlineFragment(name, _with_aliases(name, all_)) for name, all_ in each.items()),
        )
    return next(iter(each.values()), (TYPE_NAME,))


def _with_aliases(type_name: str, selections: Selections) -> Selections:
    """Give each field an alias: fields with the same name may have different types."""
    return tuple(
        replace(one, alias=f"{type_name}_{one.name}")
        if isinstance(one, FieldSelection) and one is not TYPE_NAME
        else one
        for one in selections
    )
