"""Walk selections field by field, and collect the answered values."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from perf.gate.fields.documents.object_paths import Object, objects_of
from perf.gate.fields.documents.schema import fields, object_types
from perf.gate.fields.documents.selections import (
    TYPE_NAME,
    FieldSelection,
    InlineFragment,
    Selections,
)


def split_by_field(type_name: str, selections: Selections) -> Iterator[tuple[str, Selections]]:
    """Each selected field, as `Type.field`, with selections that contain only this field."""
    for one in selections:
        if isinstance(one, InlineFragment):
            for name, inner in split_by_field(one.type_name, one.inner):
                yield name, (TYPE_NAME, InlineFragment(one.type_name, inner))
        elif one.name in fields()[type_name]:
            yield from _split_field(type_name, one)


def _split_field(type_name: str, selection: FieldSelection) -> Iterator[tuple[str, Selections]]:
    yield (
        f"{type_name}.{selection.name}",
        (replace(selection, inner=selection.inner and (TYPE_NAME,)),),
    )
    for given in object_types(fields()[type_name][selection.name])[:1]:
        for name, inner in split_by_field(given, selection.inner):
            yield name, (replace(selection, inner=inner),)


def merge_selections(several: Iterable[Selections]) -> Selections:
    """Merge selections, so that common fields are selected once."""
    inner: dict[FieldSelection | InlineFragment, list[Selections]] = {}
    for one in chain.from_iterable(several):
        inner.setdefault(replace(one, inner=()), []).append(one.inner)
    return tuple(replace(one, inner=merge_selections(found)) for one, found in inner.items())


# Any: values are JSON.
def answered_values(
    type_name: str, selections: Selections, objects: Sequence[Object]
) -> Iterator[tuple[str, Any]]:
    """Each selected field of the objects and of nested objects, with its value."""
    for one in selections:
        if isinstance(one, InlineFragment):
            of_type = [found for found in objects if found["__typename"] == one.type_name]
            yield from answered_values(one.type_name, one.inner, of_type)
        elif one.name in fields()[type_name]:
            yield from _values_of(type_name, one, objects)


def _values_of(
    type_name: str, selection: FieldSelection, objects: Sequence[Object]
) -> Iterator[tuple[str, Any]]:
    values = [one[selection.key] for one in objects if selection.key in one]
    yield from ((f"{type_name}.{selection.name}", value) for value in values)
    for given in object_types(fields()[type_name][selection.name])[:1]:
        inner = [found for value in values for found in objects_of(value)]
        yield from answered_values(given, selection.inner, inner)
