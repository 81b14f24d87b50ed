"""Find paths from the root to objects of every type, by running documents."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perf.gate.fields.comparing import Compared, Comparer
from perf.gate.fields.origins import Origin
from perf.gate.fields.places import Failed, Place
from perf.gate.fields.schema import (
    everything,
    fields,
    given_types,
    is_one_of_several,
    is_plain,
    needed,
    ways_to_give,
)
from perf.gate.fields.selections import TYPE_NAME, Argument, FieldSelection, Selections, Step
from perf.gate.fields.values import Unknown

MOST_STEPS = 12


@dataclass(frozen=True, slots=True)
class Found:
    """Objects on a path, with all fields that their caller may see."""

    place: Place
    selections: Selections
    compared: Compared


class Explorer:
    """Follows every field of every type reached, for all callers."""

    def __init__(self, comparer: Comparer, origins: Sequence[Origin]) -> None:
        self._comparer = comparer
        self.places: dict[str, list[Place]] = {
            origins[0].root: [Place(one, one.root) for one in origins]
        }
        """The best paths to each type, one for each caller, best first."""
        self.refusals: dict[str, str] = {}
        """Error messages by field, for fields that were not answered."""
        self._tried: dict[tuple[Place, str, tuple[Argument, ...]], int] = {}

    async def explore(self) -> list[Found]:
        """Follow fields until no new path is found."""
        found: list[Found] = []
        while news := await self._round():
            found += news
        return found

    async def _round(self) -> list[Found]:
        return [
            one
            for type_name in tuple(self.places)
            for name, field in fields()[type_name].items()
            if not is_plain(field)
            for one in await self._follow(type_name, name)
        ]

    async def _follow(self, type_name: str, name: str) -> list[Found]:
        """Follow a field from the best path to its type.

        Other callers' paths are tried too if not every object has a value, and always for root
        fields.
        """
        found: list[Found] = []
        for place in tuple(self.places[type_name]):
            most = 0
            for arguments in ways_to_give(
                needed(fields()[type_name][name]), self._comparer.recipes
            ):
                attempt = (place, name, arguments)
                if attempt not in self._tried:
                    news = await self._from(place, FieldSelection(name, arguments))
                    self._tried[attempt] = max((one.place.objects for one in news), default=0)
                    found += news
                most = max(most, self._tried[attempt])
            if most >= place.objects and place.steps:
                break
        return found

    async def _from(self, place: Place, selection: FieldSelection) -> list[Found]:
        field = fields()[place.type_name][selection.name]
        if len(place.steps) >= MOST_STEPS:
            return []
        several = is_one_of_several(field)
        steps = [Step(selection, name, is_one_of_several=several) for name in given_types(field)]
        if several:
            # Fields with the same name may have different types: each type has its own document.
            try:
                compared = await self._comparer.compare(
                    place, (replace(selection, inner=(TYPE_NAME,)),)
                )
            except Unknown:
                return []
            steps = [step for step in steps if compared.objects(place.beyond(step))]
        return [one for step in steps for one in await self._to(place.beyond(step))]

    async def _to(self, place: Place) -> list[Found]:
        """Select all fields there, dropping those that the caller may not see."""
        selections = everything(place.type_name, self._comparer.recipes)
        while True:
            try:
                compared = await self._comparer.compare(place, selections)
            except Unknown as error:
                self.refusals[place.fields[-1]] = f"nothing was answered for {error}"
                return []
            failures = compared.failures
            if not failures:
                break
            refused = self._refused(place, failures)
            if not refused:
                return []
            selections = tuple(
                one
                for one in selections
                if isinstance(one, FieldSelection) and one.name not in refused
            )
        objects = len(compared.objects(place))
        if not objects:
            return []
        there = replace(place, objects=objects)
        self._comparer.answered.add(place.fields[-1])
        self._comparer.note(there, selections, compared)
        if place.type_name not in {step.type_name for step in place.steps[:-1]}:
            self._keep(there)
        return [Found(there, selections, compared)]

    def _refused(self, place: Place, failures: Sequence[Failed]) -> set[str]:
        """The fields of the type that failed; empty if a field on the path to it failed."""
        depth = len(place.steps)
        for one in failures:
            if len(one.path) <= depth:
                self.refusals[place.fields[-1]] = one.message
                return set()
        for one in failures:
            self.refusals[f"{place.type_name}.{one.path[depth]}"] = one.message
        return {one.path[depth] for one in failures}

    def _keep(self, there: Place) -> None:
        places = self.places.setdefault(there.type_name, [])
        others = [one for one in places if one.origin != there.origin]
        if all(one.rank < there.rank for one in places if one.origin == there.origin):
            places[:] = sorted([*others, there], key=lambda one: one.rank, reverse=True)
