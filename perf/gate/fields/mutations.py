"""Mutations and subscriptions with everything that their payloads and events contain."""

from collections.abc import AsyncIterator, Collection

from perf.gate.fields.comparison import DocumentComparer
from perf.gate.fields.documents.entry_points import (
    EntryPoint,
    ForeignEntry,
    RootField,
    own_root_fields,
)
from perf.gate.fields.documents.object_paths import ObjectPath
from perf.gate.fields.documents.schema import expand_field, fields
from perf.gate.fields.documents.selection_walk import split_by_field
from perf.gate.fields.documents.selections import FieldSelection, Selections
from perf.gate.fields.explorer import ExploredPath

_LEVELS = 5


async def mutation_paths(
    comparer: DocumentComparer, reached: Collection[str]
) -> AsyncIterator[ExploredPath]:
    """Run each of our mutations and subscriptions with all fields selected.

    Types that queries have `reached` are selected without nested objects. If a payload field stays
    unanswered, the mutation is also run on objects of another account, to get its errors.
    """
    for one in own_root_fields():
        path = ObjectPath(one.entry, one.entry.root)
        selections = _everything(comparer, one, reached)
        yield await _asked(comparer, one.entry, selections)
        fields_asked = {name for name, _ in split_by_field(path.type_name, selections)}
        if one.entry.kind == "mutation" and not fields_asked <= comparer.answered:
            yield await _asked(comparer, ForeignEntry(*_parts(one)), selections)


def _everything(comparer: DocumentComparer, one: RootField, reached: Collection[str]) -> Selections:
    field = fields()[one.entry.root][one.name]
    inner = expand_field(field, comparer.generators, levels=_LEVELS, shallow_types=reached)
    return (FieldSelection(one.name, inner=inner, given=one.given),)


async def _asked(
    comparer: DocumentComparer, entry: EntryPoint, selections: Selections
) -> ExploredPath:
    path = ObjectPath(entry, entry.root)
    compared = await comparer.compare(path, selections)
    comparer.remember(path, selections, compared)
    return ExploredPath(path, selections, compared)


def _parts(one: RootField) -> tuple[str, str, tuple[str, ...]]:
    return one.entry.name, one.entry.kind, one.entry.declared
