"""What is changed or followed, asked for all that a payload or an event has."""

from collections.abc import Collection
from dataclasses import replace

from perf.gate.fields.asked import Asked, Step
from perf.gate.fields.comparing import Asking
from perf.gate.fields.exploring import Found
from perf.gate.fields.origins import OwnDocument, RootField, own_root_fields
from perf.gate.fields.places import Place
from perf.gate.fields.schema import fields, inside

_LEVELS = 5


async def changes(asking: Asking, reached: Collection[str]) -> list[Found]:
    """Every document of our own that is no query, asked for everything.

    Of what `reached` has, which queries ask for, no more than its own fields are asked.
    """
    return [await _changed(asking, one, reached) for one in own_root_fields()]


async def _changed(asking: Asking, one: RootField, reached: Collection[str]) -> Found:
    place = Place(one.origin, one.origin.root)
    field = fields()[place.type_name][one.name]
    inner = inside(field, asking.recipes, levels=_LEVELS, ends_at=reached)
    selections = (Asked(one.name, inner=inner, given=one.given),)
    compared = await asking.compare(place, selections)
    asking.note(place, selections, compared)
    return Found(place, selections, compared)
