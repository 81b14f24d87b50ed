"""Check each field alone, over as many parents as possible: with each argument, and twice."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

from graphql import GraphQLArgument, GraphQLField, GraphQLScalarType, get_nullable_type

from perf.gate.fields.comparison import ComparedResults, DocumentComparer
from perf.gate.fields.coverage import UNREACHABLE
from perf.gate.fields.documents.known_values import NoKnownValue, ValueGenerator
from perf.gate.fields.documents.object_paths import ObjectPath
from perf.gate.fields.documents.schema import (
    argument_combinations,
    expand_field,
    fields,
    is_leaf,
    is_single_valued,
    optional_arguments,
    required_arguments,
)
from perf.gate.fields.documents.selections import TYPE_NAME, Argument, FieldSelection
from perf.gate.fields.documents.value_generators import (
    GENERATORS_BY_TYPE,
    SHORT,
    number_of_values,
    sizes_of_list,
)
from perf.gate.fields.explorer import ExploredPath
from perf.gate.fields.field_checker import FieldChecker, ParentLevel, method_counts
from perf.gate.findings import GateFinding

MOST_PLACES = 3
MOST_VALUES = 12
"""Values tried for one argument on one path."""
ENOUGH_VALUES = 3
"""Answered values after which no more are tried; of an enum all are."""
_LEVELS = 3
"""How many levels below a field its cursors are looked for, to be used as its arguments."""


@dataclass(frozen=True, slots=True)
class AnsweredField:
    """A field with arguments that was answered without errors."""

    path: ObjectPath
    selection: FieldSelection
    compared: ComparedResults

    @property
    def has_value(self) -> bool:
        """Whether any parent has a value other than null."""
        parents = self.compared.objects(self.path)
        return any(one.get(self.selection.key) is not None for one in parents)


class SingleFieldChecker:
    """Checks fields one after another."""

    def __init__(
        self,
        comparer: DocumentComparer,
        check: FieldChecker,
        roots: Sequence[ObjectPath],
        found: Sequence[ExploredPath],
    ) -> None:
        self._comparer = comparer
        self._judge = check
        self._paths = {roots[0].type_name: list(roots)}
        for one in sorted(found, key=lambda one: one.path.rank, reverse=True):
            self._paths.setdefault(one.path.type_name, []).append(one.path)
        self._wholes = {one.path: method_counts(one.compared.twice_as_many.usage) for one in found}
        self._levels: dict[ObjectPath, ParentLevel] = {}
        self._refusal = "none is known"

    async def check(self, types: Collection[str]) -> list[GateFinding]:
        """Findings about the fields of these types, as far as they were reached."""
        return [
            finding
            for type_name in sorted(self._paths.keys() & types)
            for name, field in fields()[type_name].items()
            if field.args or await self._costs(type_name)
            for finding in await self._of_field(type_name, name, field)
        ]

    async def _of_field(self, type_name: str, name: str, field: GraphQLField) -> list[GateFinding]:
        usual = await self._usual(type_name, name, field)
        if not usual:
            return []
        findings = [one for way in usual for one in await self._judged(f"{type_name}.{name}", way)]
        findings += await self._list_sizes(f"{type_name}.{name}", usual[0])
        ways = list(usual)
        for argument, one in optional_arguments(field).items():
            coordinate = f"{type_name}.{name}({argument}:)"
            with_it = await self._with(usual[0], field, {argument: one})
            if not with_it and coordinate not in UNREACHABLE:
                problem = f"is answered for no value that was tried: {self._refusal}"
                findings.append(GateFinding(coordinate, problem))
            for way in with_it:
                findings += await self._judged(coordinate, way)
                findings += await self._extra(coordinate, way, usual[0])
            for way in with_it[:1]:
                findings += await self._list_sizes(coordinate, way)
            ways += with_it
        return [*findings, *await self._siblings(f"{type_name}.{name}", ways)]

    async def _usual(self, type_name: str, name: str, field: GraphQLField) -> list[AnsweredField]:
        """The field with its required arguments; several results if their values may differ."""
        selections = [
            FieldSelection(name, arguments, () if is_leaf(field) else (TYPE_NAME,))
            for arguments in argument_combinations(
                required_arguments(field), self._comparer.generators
            )
        ]
        ways: list[AnsweredField] = []
        for path in self._paths_of(type_name):
            ways += await self._answered(path, selections)
            if any(way.has_value for way in ways):
                break
        return sorted(ways, key=lambda way: not way.has_value)

    async def _with(
        self, usual: AnsweredField, field: GraphQLField, argument: dict[str, GraphQLArgument]
    ) -> list[AnsweredField]:
        """The same with one more argument, on the path with most parents where it is answered."""
        for path in self._paths_of(usual.path.type_name):
            generators = [*await self._near(path, usual, field, argument), *self._far(argument)]
            ways = await self._answered(
                path,
                (
                    replace(usual.selection, arguments=(*usual.selection.arguments, one))
                    for one in generators
                ),
                enough=number_of_values(argument[next(iter(argument))].type) or ENOUGH_VALUES,
            )
            if ways:
                return ways
        return []

    def _far(self, argument: dict[str, GraphQLArgument]) -> Iterator[Argument]:
        return (given for (given,) in argument_combinations(argument, self._comparer.generators))

    async def _near(
        self,
        path: ObjectPath,
        usual: AnsweredField,
        field: GraphQLField,
        argument: dict[str, GraphQLArgument],
    ) -> list[Argument]:
        """Values found below the field itself, such as the cursors of its own list."""
        ((name, one),) = argument.items()
        scalar = get_nullable_type(one.type)
        if (
            not isinstance(scalar, GraphQLScalarType)
            or scalar.name in GENERATORS_BY_TYPE
            or is_leaf(field)
        ):
            return []
        selections = (
            replace(
                usual.selection,
                inner=expand_field(field, self._comparer.generators, levels=_LEVELS),
            ),
        )
        try:
            compared = await self._comparer.compare(path, selections)
        except NoKnownValue:
            return []
        values = self._comparer.first_values(path, selections, compared, scalar.name)
        return [Argument(name, str(one.type), value) for value in values]

    async def _answered(
        self, path: ObjectPath, selections: Iterable[FieldSelection], enough: int = ENOUGH_VALUES
    ) -> list[AnsweredField]:
        ways: list[AnsweredField] = []
        for one in islice(selections, MOST_VALUES):
            try:
                compared = await self._comparer.compare(path, (one,))
            except NoKnownValue:
                continue
            if compared.errors:
                self._refusal = compared.errors[0].message
            else:
                ways.append(AnsweredField(path, one, compared))
            if len(ways) == enough:
                break
        return ways

    async def _extra(
        self, coordinate: str, way: AnsweredField, usual: AnsweredField
    ) -> list[GateFinding]:
        """Findings about statements that run only with an optional argument."""
        if way.path != usual.path:
            return []
        level = await self._level(way.path)
        return self._judge.check_extra(
            coordinate, way.compared, usual.compared, level, how="with this argument"
        )

    async def _list_sizes(self, coordinate: str, way: AnsweredField) -> list[GateFinding]:
        """Findings about statements that run only for an empty list, or only for a long one."""
        findings, level = list[GateFinding](), await self._level(way.path)
        for argument in way.selection.arguments:
            sizes = sizes_of_list(argument.generator)
            asked = {
                size: await self._answered(
                    way.path, [_with_generator(way.selection, argument, one)]
                )
                for size, one in sizes.items()
            }
            for short in asked.pop(SHORT, ()):
                for size, answered in asked.items():
                    how = f"for {size} of {argument.name}"
                    for one in answered:
                        findings += self._judge.check_extra(
                            coordinate, one.compared, short.compared, level, how=how
                        )
        return findings

    async def _siblings(self, coordinate: str, ways: Sequence[AnsweredField]) -> list[GateFinding]:
        """Select the field twice on the same parents, with different arguments."""
        of_place = [way for way in ways if way.path == ways[0].path]
        pairs = combinations(
            {way.selection: None for way in of_place if way.selection.arguments}, 2
        )
        for first, second in sorted(pairs, key=_differ_in_names):
            both = (replace(first, alias="first"), replace(second, alias="second"))
            compared = await self._comparer.compare(ways[0].path, both)
            if not compared.errors:
                level = await self._level(ways[0].path)
                name = f"{coordinate} (twice, with other arguments)"
                return await self._judge.check_field(name, compared, level, times=2)
        return []

    async def _judged(self, coordinate: str, way: AnsweredField) -> list[GateFinding]:
        level = await self._level(way.path)
        field = fields()[way.path.type_name][way.selection.name]
        findings = await self._judge.check_field(coordinate, way.compared, level)
        if is_single_valued(field):
            findings += self._judge.check_rows(coordinate, way.compared, level)
        return findings

    async def _costs(self, type_name: str) -> bool:
        """Whether any field of the type needs a statement of its own."""
        path = self._paths[type_name][0]
        return not path.steps or bool(self._wholes[path] - (await self._level(path)).methods)

    async def _level(self, path: ObjectPath) -> ParentLevel:
        if path not in self._levels:
            parents_only = await self._comparer.compare(path, (TYPE_NAME,)) if path.steps else None
            self._levels[path] = ParentLevel(path, parents_only)
        return self._levels[path]

    def _paths_of(self, type_name: str) -> list[ObjectPath]:
        """The best paths and the one with fewest objects, since a cursor belongs to one list.

        For the root, the paths of all callers.
        """
        paths = self._paths[type_name]
        if not paths[0].steps:
            return paths
        fewest = min(paths, key=lambda one: (one.objects, len(one.steps)))
        return list(dict.fromkeys([*paths[: MOST_PLACES - 1], fewest]))


def _with_generator(
    selection: FieldSelection, argument: Argument, generator: ValueGenerator
) -> FieldSelection:
    arguments = tuple(
        replace(one, generator=generator) if one is argument else one for one in selection.arguments
    )
    return replace(selection, arguments=arguments)


def _differ_in_names(pair: tuple[FieldSelection, FieldSelection]) -> bool:
    names = [tuple(one.name for one in selection.arguments) for selection in pair]
    return names[0] != names[1]
