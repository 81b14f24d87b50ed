"""Mutations and subscriptions with everything that their payloads and events contain."""

from collections.abc import AsyncIterator, Collection

from perf.gate.fields.comparing import Comparer
from perf.gate.fields.exploring import Found
from perf.gate.fields.origins import Origin, RootField, Strangers, own_root_fields
from perf.gate.fields.places import Place
from perf.gate.fields.schema import fields, inside
from perf.gate.fields.selections import FieldSelection, Selections
from perf.gate.fields.walking import each

_LEVELS = 5


async def changes(comparer: Comparer, reached: Collection[str]) -> AsyncIterator[Found]:
    """Run each of our mutations and subscriptions with all fields selected.

    Types that queries have `reached` are selected without nested objects. If a payload field stays
    unanswered, the mutation is also run on objects of another account, to get its errors.
    """
    for one in own_root_fields():
        place = Place(one.origin, one.origin.root)
        selections = _everything(comparer, one, reached)
        yield await _asked(comparer, one.origin, selections)
        fields_asked = {name for name, _ in each(place.type_name, selections)}
        if one.origin.kind == "mutation" and not fields_asked <= comparer.answered:
            yield await _asked(comparer, Strangers(*_parts(one)), selections)


def _everything(comparer: Comparer, one: RootField, reached: Collection[str]) -> Selections:
    field = fields()[one.origin.root][one.name]
    inner = inside(field, comparer.recipes, levels=_LEVELS, ends_at=reached)
    return (FieldSelection(one.name, inner=inner, given=one.given),)


async def _asked(comparer: Comparer, origin: Origin, selections: Selections) -> Found:
    place = Place(origin, origin.root)
    compared = await comparer.compare(place, selections)
    comparer.note(place, selections, compared)
    return Found(place, selections, compared)


def _parts(one: RootField) -> tuple[str, str, tuple[str, ...]]:
    return one.origin.name, one.origin.kind, one.origin.declared
