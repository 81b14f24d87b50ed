"""Run generated documents for the callers with n rows and for those with 2n."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import get_named_type

from gql.documents.budgets.budget import DEFAULT
from gql.documents.trusted_documents import TrustedDocument
from perf.gate.data.callers import FEW_ROWS, TWICE_THE_ROWS, CallerGroup
from perf.gate.execution.in_process import (
    NULL_ROOT,
    DocumentAnswer,
    InProcessRunner,
    ResourceUsage,
    RunFailed,
)
from perf.gate.fields.documents.known_values import KnownValues, ValueByGroup
from perf.gate.fields.documents.object_paths import AnswerError, Object, ObjectPath, errors_in
from perf.gate.fields.documents.own_arguments import own_arguments
from perf.gate.fields.documents.schema import fields, is_leaf
from perf.gate.fields.documents.selection_walk import answered_values
from perf.gate.fields.documents.selections import SelectionPrinter, Selections
from perf.gate.fields.documents.value_generators import ValueGenerators, argument_coordinate
from perf.gate.scenarios.scenario import ScenarioContext

_NOTHING = ResourceUsage((), 0, 0)


@dataclass(frozen=True, slots=True)
class ComparedResults:
    """The results of one document with n rows and with 2n."""

    few: DocumentAnswer
    twice_as_many: DocumentAnswer

    @property
    def errors(self) -> list[AnswerError]:
        """The errors in either result."""
        return [*errors_in(self.few.bodies), *errors_in(self.twice_as_many.bodies)]

    @property
    def rows(self) -> tuple[Counter[str], Counter[str]]:
        """The rows read by each repository method, with n rows and with 2n."""
        return _rows(self.few.usage), _rows(self.twice_as_many.usage)

    def parents(self, path: ObjectPath) -> tuple[int, int]:
        """The number of objects on a path, with n rows and with 2n."""
        return len(_objects(path, self.few)), len(_objects(path, self.twice_as_many))

    def objects(self, path: ObjectPath) -> list[Object]:
        """The objects on a path in the answer to the callers with 2n rows."""
        return _objects(path, self.twice_as_many)


class DocumentComparer:
    """Runs generated documents, and remembers the values in the answers."""

    def __init__(self, runner: InProcessRunner) -> None:
        self._runner = runner
        self._few, self._twice_as_many = KnownValues(FEW_ROWS), KnownValues(TWICE_THE_ROWS)
        self.generators = ValueGenerators()
        self.documents = 0
        self.answered: set[str] = set()
        """The fields, as `Type.field`, that returned a scalar or an object."""

    @property
    def groups(self) -> tuple[KnownValues, KnownValues]:
        """What callers with n rows were answered, and those with 2n."""
        return self._few, self._twice_as_many

    async def remember_own_arguments(self) -> None:
        """Remember what our own queries give for arguments."""
        for known in self.groups:
            async for name, text in own_arguments(ScenarioContext(self._runner, known.callers)):
                known.remember(argument_coordinate(name), text)
                self.generators.remember_argument(name)

    async def compare(self, path: ObjectPath, selections: Selections) -> ComparedResults:
        """Select these fields on a path; raises `NoKnownValue`."""
        printer, entry = SelectionPrinter(), path.entry
        text = printer.text(path.selections(selections))
        declared = ", ".join((*entry.declared, *printer.declared))
        variables = f"({declared})" if declared else ""
        text = f"{entry.kind} Generated{variables}{text}"
        self.documents += 1
        return ComparedResults(
            await self._ask(text, path, printer, self._few),
            await self._ask(text, path, printer, self._twice_as_many),
        )

    def remember(self, path: ObjectPath, selections: Selections, compared: ComparedResults) -> None:
        """Remember the values of fields without errors."""
        failed = {one.path[-1] for one in compared.errors if one.path}
        for known, answered in self._both(compared):
            for coordinate, value in _values(path, selections, answered):
                if coordinate.rpartition(".")[2] in failed:
                    continue
                if scalar := _scalar(coordinate):
                    known.remember(coordinate, value)
                    self.generators.remember(scalar, coordinate)
                if scalar or value is not None:
                    self.answered.add(coordinate)

    def first_values(
        self, path: ObjectPath, selections: Selections, compared: ComparedResults, scalar: str
    ) -> Iterator[ValueByGroup]:
        """For each field of this scalar type, the first value of each group of callers."""
        first_values: dict[str, dict[CallerGroup, str]] = {}
        for known, answered in self._both(compared):
            for coordinate, value in _values(path, selections, answered):
                if _scalar(coordinate) == scalar and isinstance(value, str):
                    of_both = first_values.setdefault(coordinate, {})
                    of_both.setdefault(known.callers, value)
        return (
            ValueByGroup(tuple(of_both.items()))
            for of_both in first_values.values()
            if len(of_both) == len(self._both(compared))
        )

    def _both(self, compared: ComparedResults) -> tuple[tuple[KnownValues, DocumentAnswer], ...]:
        return (self._few, compared.few), (self._twice_as_many, compared.twice_as_many)

    async def _ask(
        self, text: str, path: ObjectPath, printer: SelectionPrinter, known: KnownValues
    ) -> DocumentAnswer:
        values = printer.values(known)
        document = TrustedDocument("Generated", text, DEFAULT)
        try:
            principal, own = await path.entry.prepare(self._runner, known.callers)
            return await self._runner.ask(document, principal, {**own, **values})
        except RunFailed as failed:
            return DocumentAnswer(_NOTHING, ({"errors": [{"message": str(failed)}]},), NULL_ROOT)


def _rows(usage: ResourceUsage) -> Counter[str]:
    rows: Counter[str] = Counter()
    for one in usage.ran:
        rows[one.statement.name] += one.rows
    return rows


def _objects(path: ObjectPath, answered: DocumentAnswer) -> list[Object]:
    return [one for body in answered.bodies for one in path.objects_in(body.get("data"))]


def _values(
    path: ObjectPath, selections: Selections, answered: DocumentAnswer
) -> Iterator[tuple[str, object]]:
    return answered_values(path.type_name, selections, _objects(path, answered))


def _scalar(coordinate: str) -> str | None:
    """The scalar type of a field; None if it returns objects."""
    type_name, _, name = coordinate.partition(".")
    field = fields()[type_name][name]
    return get_named_type(field.type).name if is_leaf(field) else None
