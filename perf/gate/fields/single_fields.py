"""Check each field alone, over as many parents as possible: with each argument, and twice."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

from graphql import GraphQLArgument, GraphQLField, GraphQLScalarType, get_nullable_type

from perf.gate.fields.comparing import Compared, Comparer
from perf.gate.fields.exploring import Found
from perf.gate.fields.judging import Judge, Level, methods_of
from perf.gate.fields.places import Place
from perf.gate.fields.recipes import OF_TYPE
from perf.gate.fields.schema import (
    fields,
    gives_one,
    inside,
    is_plain,
    needed,
    optional,
    ways_to_give,
)
from perf.gate.fields.selections import TYPE_NAME, Argument, FieldSelection
from perf.gate.fields.unreached import UNREACHED
from perf.gate.fields.values import Unknown
from perf.gate.findings import Finding

MOST_PLACES = 3
MOST_VALUES = 12
"""Values tried for one argument on one path."""
ENOUGH_VALUES = 3
"""Answered values after which no more are tried."""
_LEVELS = 3
"""How many levels below a field its cursors are looked for, to be used as its arguments."""


@dataclass(frozen=True, slots=True)
class AnsweredField:
    """A field with arguments that was answered without errors."""

    place: Place
    selection: FieldSelection
    compared: Compared

    @property
    def has_value(self) -> bool:
        """Whether any parent has a value other than null."""
        parents = self.compared.objects(self.place)
        return any(one.get(self.selection.key) is not None for one in parents)


class SingleFields:
    """Checks fields one after another."""

    def __init__(
        self, comparer: Comparer, judge: Judge, roots: Sequence[Place], found: Sequence[Found]
    ) -> None:
        self._comparer = comparer
        self._judge = judge
        self._places = {roots[0].type_name: list(roots)}
        for one in sorted(found, key=lambda one: one.place.rank, reverse=True):
            self._places.setdefault(one.place.type_name, []).append(one.place)
        self._wholes = {one.place: methods_of(one.compared.twice_as_many.taken) for one in found}
        self._levels: dict[Place, Level] = {}
        self._refusal = "none is known"

    async def judge(self, types: Collection[str]) -> list[Finding]:
        """Findings about the fields of these types, as far as they were reached."""
        return [
            finding
            for type_name in sorted(self._places.keys() & types)
            for name, field in fields()[type_name].items()
            if field.args or await self._costs(type_name)
            for finding in await self._of_field(type_name, name, field)
        ]

    async def _of_field(self, type_name: str, name: str, field: GraphQLField) -> list[Finding]:
        usual = await self._usual(type_name, name, field)
        if not usual:
            return []
        findings = await self._judged(f"{type_name}.{name}", usual[0])
        ways = list(usual)
        for argument, one in optional(field).items():
            coordinate = f"{type_name}.{name}({argument}:)"
            with_it = await self._with(usual[0], field, {argument: one})
            if not with_it and coordinate not in UNREACHED:
                problem = f"is answered for no value that was tried: {self._refusal}"
                findings.append(Finding(coordinate, problem))
            for way in with_it[:ENOUGH_VALUES]:
                findings += await self._judged(coordinate, way)
            ways += with_it
        return [*findings, *await self._siblings(f"{type_name}.{name}", ways)]

    async def _usual(self, type_name: str, name: str, field: GraphQLField) -> list[AnsweredField]:
        """The field with its required arguments; several results if their values may differ."""
        selections = [
            FieldSelection(name, arguments, () if is_plain(field) else (TYPE_NAME,))
            for arguments in ways_to_give(needed(field), self._comparer.recipes)
        ]
        ways: list[AnsweredField] = []
        for place in self._places_of(type_name):
            ways += await self._answered(place, selections)
            if any(way.has_value for way in ways):
                break
        return sorted(ways, key=lambda way: not way.has_value)

    async def _with(
        self, usual: AnsweredField, field: GraphQLField, argument: dict[str, GraphQLArgument]
    ) -> list[AnsweredField]:
        """The same with one more argument, on the path with most parents where it is answered."""
        for place in self._places_of(usual.place.type_name):
            recipes = [*await self._near(place, usual, field, argument), *self._far(argument)]
            ways = await self._answered(
                place,
                (
                    replace(usual.selection, arguments=(*usual.selection.arguments, one))
                    for one in recipes
                ),
            )
            if ways:
                return ways
        return []

    def _far(self, argument: dict[str, GraphQLArgument]) -> Iterator[Argument]:
        return (given for (given,) in ways_to_give(argument, self._comparer.recipes))

    async def _near(
        self,
        place: Place,
        usual: AnsweredField,
        field: GraphQLField,
        argument: dict[str, GraphQLArgument],
    ) -> list[Argument]:
        """Values found below the field itself, such as the cursors of its own list."""
        ((name, one),) = argument.items()
        scalar = get_nullable_type(one.type)
        if not isinstance(scalar, GraphQLScalarType) or scalar.name in OF_TYPE or is_plain(field):
            return []
        selections = (
            replace(usual.selection, inner=inside(field, self._comparer.recipes, levels=_LEVELS)),
        )
        try:
            compared = await self._comparer.compare(place, selections)
        except Unknown:
            return []
        values = self._comparer.firsts(place, selections, compared, scalar.name)
        return [Argument(name, str(one.type), value) for value in values]

    async def _answered(
        self, place: Place, selections: Iterable[FieldSelection]
    ) -> list[AnsweredField]:
        ways: list[AnsweredField] = []
        for one in islice(selections, MOST_VALUES):
            try:
                compared = await self._comparer.compare(place, (one,))
            except Unknown:
                continue
            if compared.failures:
                self._refusal = compared.failures[0].message
            else:
                ways.append(AnsweredField(place, one, compared))
            if len(ways) == ENOUGH_VALUES:
                break
        return ways

    async def _siblings(self, coordinate: str, ways: Sequence[AnsweredField]) -> list[Finding]:
        """Select the field twice on the same parents, with different arguments."""
        of_place = [way for way in ways if way.place == ways[0].place]
        pairs = combinations(
            {way.selection: None for way in of_place if way.selection.arguments}, 2
        )
        for first, second in sorted(pairs, key=_differ_in_names):
            both = (replace(first, alias="first"), replace(second, alias="second"))
            compared = await self._comparer.compare(ways[0].place, both)
            if not compared.failures:
                level = await self._level(ways[0].place)
                name = f"{coordinate} (twice, with other arguments)"
                return await self._judge.judge_field(name, compared, level, times=2)
        return []

    async def _judged(self, coordinate: str, way: AnsweredField) -> list[Finding]:
        level = await self._level(way.place)
        field = fields()[way.place.type_name][way.selection.name]
        findings = await self._judge.judge_field(coordinate, way.compared, level)
        if gives_one(field):
            findings += self._judge.judge_rows(coordinate, way.compared, level)
        return findings

    async def _costs(self, type_name: str) -> bool:
        """Whether any field of the type needs a statement of its own."""
        place = self._places[type_name][0]
        return not place.steps or bool(self._wholes[place] - (await self._level(place)).methods)

    async def _level(self, place: Place) -> Level:
        if place not in self._levels:
            leading = await self._comparer.compare(place, (TYPE_NAME,)) if place.steps else None
            self._levels[place] = Level(place, leading)
        return self._levels[place]

    def _places_of(self, type_name: str) -> list[Place]:
        """The best paths and the one with fewest objects, since a cursor belongs to one list.

        For the root, the paths of all callers.
        """
        places = self._places[type_name]
        if not places[0].steps:
            return places
        fewest = min(places, key=lambda one: (one.objects, len(one.steps)))
        return list(dict.fromkeys([*places[: MOST_PLACES - 1], fewest]))


def _differ_in_names(pair: tuple[FieldSelection, FieldSelection]) -> bool:
    names = [tuple(one.name for one in selection.arguments) for selection in pair]
    return names[0] != names[1]
