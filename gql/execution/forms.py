"""The form in which the rows of a page are wanted, where all that is selected of them is plain.

Plain is what a row's columns say: no resolver is called for it. The database then gives the JSON
of each element, and nothing of a row is looked at here.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
)
from graphql.execution.collect_fields import FieldDetailsList

from db.form import Form, Instant, Key, Name, OrNull, Part, Text
from gql.execution.code import is_name
from gql.execution.emission import Emission
from gql.execution.fields import Attribute, access
from gql.execution.leaves import part_of
from gql.execution.sources import names_of, rows_of
from gql.rows import Attribute as OfRow
from gql.rows import Column, GlobalId, Shape

_LONGEST_TYPE_NAME = 36
"""With a colon and the longest key, base 64 has it in one line."""


class _NotPlain(Exception):
    """Something is selected that the database cannot write."""


def form_of(emission: Emission, type_: GraphQLOutputType, details: FieldDetailsList) -> Form | None:
    """The form of the rows of a page of `type_`; None where they are not wanted in one.

    They are where the page has one list of rows, all plain, as one of its attributes.
    """
    page, _ = _nullable(type_)
    if not isinstance(page, GraphQLObjectType):
        return None
    fields = list(_fields(emission, page, details))
    lists = [found for _, inner, field in fields if (found := _list(emission, field, inner))]
    if len(lists) != 1:
        return None
    try:
        parts = tuple(_object(emission, *lists[0]))
    except _NotPlain:
        return None
    return Form(parts, has_places=len(fields) > 1)


_List: TypeAlias = tuple[GraphQLObjectType, Shape[Any], FieldDetailsList]  # Any: of every class


def _list(emission: Emission, field: GraphQLField, details: FieldDetailsList) -> _List | None:
    """The type and shape of the objects of a list of rows, and what is selected of them."""
    type_, _ = _nullable(field.type)
    if not isinstance(type_, GraphQLList):
        return None
    if not isinstance(access(emission.schema, field), Attribute):
        return None
    of_rows = rows_of(type_)
    return (*of_rows, details) if of_rows else None


def _object(
    emission: Emission, type_: GraphQLObjectType, shape: Shape[Any], details: FieldDetailsList
) -> Iterator[Part]:
    """The parts of an object; raises `_NotPlain`."""
    before = "{"
    for response_name, inner, field in _fields(emission, type_, details):
        if not is_name(response_name):
            raise _NotPlain
        yield f'{before}"{response_name}":'
        before = ","
        if inner[0].node.name.value == "__typename":
            yield f'"{type_.name}"'
            continue
        how = access(emission.schema, field)
        attribute = shape.attributes.get(how.name) if isinstance(how, Attribute) else None
        of_field, is_nullable = _nullable(field.type)
        if isinstance(attribute, Shape) and isinstance(of_field, GraphQLObjectType):
            yield from _object(emission, of_field, attribute, inner)
        else:
            part = _leaf(attribute, of_field)
            yield OrNull(part) if is_nullable else part
    yield "{}" if before == "{" else "}"


def _leaf(attribute: OfRow | None, type_: GraphQLOutputType) -> Text | Instant | Name | Key:
    """How the database writes an attribute; raises `_NotPlain`."""
    if isinstance(attribute, GlobalId) and type_ is GraphQLID:
        if len(attribute.type_name) <= _LONGEST_TYPE_NAME:
            return Key("id", f"{attribute.type_name}:")
    elif isinstance(attribute, Column) and isinstance(type_, GraphQLScalarType):
        part = part_of(type_)
        if part is not None and attribute.convert is None:
            return part(attribute.name)
    elif isinstance(attribute, Column):
        names = names_of(type_, attribute.convert)
        if names is not None:
            return Name(attribute.name, tuple((str(one), name) for one, name in names.items()))
    raise _NotPlain


def _fields(
    emission: Emission, type_: GraphQLObjectType, details: FieldDetailsList
) -> Iterator[tuple[str, FieldDetailsList, GraphQLField]]:
    """What is selected of an object: response names, their selections and fields."""
    for response_name, inner in emission.subfields(type_, details).items():
        field = emission.schema.get_field(type_, inner[0].node.name.value)
        if field is not None:
            yield response_name, inner, field


def _nullable(type_: GraphQLOutputType) -> tuple[GraphQLOutputType, bool]:
    """The type without its mark of what is never null, and whether it has none."""
    return (type_.of_type, False) if isinstance(type_, GraphQLNonNull) else (type_, True)
