"""Find paths from the root to objects of every type, by running documents."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perf.gate.fields.comparison import ComparedResults, DocumentComparer
from perf.gate.fields.documents.entry_points import EntryPoint
from perf.gate.fields.documents.known_values import NoKnownValue
from perf.gate.fields.documents.object_paths import AnswerError, ObjectPath
from perf.gate.fields.documents.schema import (
    all_fields,
    argument_combinations,
    fields,
    is_abstract,
    is_leaf,
    object_types,
    required_arguments,
)
from perf.gate.fields.documents.selections import (
    TYPE_NAME,
    Argument,
    FieldSelection,
    Selections,
    Step,
)

MOST_STEPS = 12


@dataclass(frozen=True, slots=True)
class ExploredPath:
    """Objects on a path, with all fields that their caller may see."""

    path: ObjectPath
    selections: Selections
    compared: ComparedResults


class Explorer:
    """Follows every field of every type reached, for all callers."""

    def __init__(self, comparer: DocumentComparer, entries: Sequence[EntryPoint]) -> None:
        self._comparer = comparer
        self.paths: dict[str, list[ObjectPath]] = {
            entries[0].root: [ObjectPath(one, one.root) for one in entries]
        }
        """The best paths to each type, one for each caller, best first."""
        self.refusals: dict[str, str] = {}
        """Error messages by field, for fields that were not answered."""
        self._tried: dict[tuple[ObjectPath, str, tuple[Argument, ...]], int] = {}

    async def explore(self) -> list[ExploredPath]:
        """Follow fields until no new path is found."""
        found: list[ExploredPath] = []
        while news := await self._round():
            found += news
        return found

    async def _round(self) -> list[ExploredPath]:
        return [
            one
            for type_name in tuple(self.paths)
            for name, field in fields()[type_name].items()
            if not is_leaf(field)
            for one in await self._follow(type_name, name)
        ]

    async def _follow(self, type_name: str, name: str) -> list[ExploredPath]:
        """Follow a field from the best path to its type.

        Other callers' paths are tried too if not every object has a value, or the caller is
        refused, and always for root fields.
        """
        found: list[ExploredPath] = []
        for path in tuple(self.paths[type_name]):
            most = 0
            for arguments in argument_combinations(
                required_arguments(fields()[type_name][name]), self._comparer.generators
            ):
                attempt = (path, name, arguments)
                if attempt not in self._tried:
                    news = await self._from(path, FieldSelection(name, arguments))
                    self._tried[attempt] = max((one.path.objects for one in news), default=0)
                    found += news
                most = max(most, self._tried[attempt])
            if most >= path.objects and path.steps:
                break
        return found

    async def _from(self, path: ObjectPath, selection: FieldSelection) -> list[ExploredPath]:
        field = fields()[path.type_name][selection.name]
        if len(path.steps) >= MOST_STEPS:
            return []
        several = is_abstract(field)
        steps = [Step(selection, name, is_abstract=several) for name in object_types(field)]
        if several:
            # Fields with the same name may have different types: each type has its own document.
            try:
                compared = await self._comparer.compare(
                    path, (replace(selection, inner=(TYPE_NAME,)),)
                )
            except NoKnownValue:
                return []
            steps = [step for step in steps if compared.objects(path.extended(step))]
        return [one for step in steps for one in await self._to(path.extended(step))]

    async def _to(self, path: ObjectPath) -> list[ExploredPath]:
        """Select all fields there, dropping those that the caller may not see."""
        selections = all_fields(path.type_name, self._comparer.generators)
        while True:
            try:
                compared = await self._comparer.compare(path, selections)
            except NoKnownValue as error:
                self.refusals[path.fields[-1]] = f"nothing was answered for {error}"
                return []
            errors = compared.errors
            if not errors:
                break
            refused = self._refused(path, errors)
            if not refused:
                return []
            selections = tuple(
                one
                for one in selections
                if isinstance(one, FieldSelection) and one.name not in refused
            )
        fewer, objects = compared.parents(path)
        if not objects:
            return []
        # A refusal is an object too, and any other answer is better.
        is_refused = compared.twice_as_many.refusal is not None
        there = replace(path, objects=0 if is_refused else objects, grows=objects > fewer)
        self._comparer.answered.add(path.fields[-1])
        self._comparer.remember(there, selections, compared)
        if path.type_name not in {step.type_name for step in path.steps[:-1]}:
            self._keep(there)
        return [ExploredPath(there, selections, compared)]

    def _refused(self, path: ObjectPath, errors: Sequence[AnswerError]) -> set[str]:
        """The fields of the type that failed; empty if a field on the path to it failed."""
        depth = len(path.steps)
        for one in errors:
            if len(one.path) <= depth:
                self.refusals[path.fields[-1]] = one.message
                return set()
        for one in errors:
            self.refusals[f"{path.type_name}.{one.path[depth]}"] = one.message
        return {one.path[depth] for one in errors}

    def _keep(self, there: ObjectPath) -> None:
        paths = self.paths.setdefault(there.type_name, [])
        others = [one for one in paths if one.entry != there.entry]
        if all(one.rank < there.rank for one in paths if one.entry == there.entry):
            paths[:] = sorted([*others, there], key=lambda one: one.rank, reverse=True)
