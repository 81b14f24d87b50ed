"""What selections ask for, field by field, and what of it objects were answered with."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from perf.gate.fields.asked import TYPE_NAME, Asked, OfType, Selections
from perf.gate.fields.places import Object, objects_of
from perf.gate.fields.schema import fields, given_types


def each(type_name: str, selections: Selections) -> Iterator[tuple[str, Selections]]:
    """Every field by its name, as `Type.field`, and what asks for it and nothing else."""
    for one in selections:
        if isinstance(one, OfType):
            for name, inner in each(one.type_name, one.inner):
                yield name, (TYPE_NAME, OfType(one.type_name, inner))
        elif one.name in fields()[type_name]:
            yield from _each_of(type_name, one)


def _each_of(type_name: str, asked: Asked) -> Iterator[tuple[str, Selections]]:
    yield f"{type_name}.{asked.name}", (replace(asked, inner=asked.inner and (TYPE_NAME,)),)
    for given in given_types(fields()[type_name][asked.name])[:1]:
        for name, inner in each(given, asked.inner):
            yield name, (replace(asked, inner=inner),)


# Any: values are JSON.
def values_in(
    type_name: str, selections: Selections, objects: Sequence[Object]
) -> Iterator[tuple[str, Any]]:
    """Every field that the objects, and those below, were answered with, and its value."""
    for one in selections:
        if isinstance(one, OfType):
            of_type = [found for found in objects if found["__typename"] == one.type_name]
            yield from values_in(one.type_name, one.inner, of_type)
        elif one.name in fields()[type_name]:
            yield from _values_of(type_name, one, objects)


def _values_of(
    type_name: str, asked: Asked, objects: Sequence[Object]
) -> Iterator[tuple[str, Any]]:
    values = [one[asked.key] for one in objects if asked.key in one]
    yield from ((f"{type_name}.{asked.name}", value) for value in values)
    for given in given_types(fields()[type_name][asked.name])[:1]:
        inner = [found for value in values for found in objects_of(value)]
        yield from values_in(given, asked.inner, inner)
