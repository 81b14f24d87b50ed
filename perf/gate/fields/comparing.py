"""Run generated documents for the callers with n rows and for those with 2n."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import get_named_type

from gql.documents.agreement import DEFAULT
from gql.documents.budgets import TrustedDocument
from perf.gate.callers import FEW, TWICE_AS_MANY, Callers
from perf.gate.fields.places import Failed, Object, Place, failures_in
from perf.gate.fields.recipes import Recipes
from perf.gate.fields.schema import fields, is_plain
from perf.gate.fields.selections import SelectionPrinter, Selections
from perf.gate.fields.values import ByCallers, KnownValues
from perf.gate.fields.walking import values_in
from perf.gate.running import NULL_ROOT, Answered, FlowFailed, Runner, Taken

_NOTHING = Taken((), 0, 0)


@dataclass(frozen=True, slots=True)
class Compared:
    """The results of one document with n rows and with 2n."""

    few: Answered
    twice_as_many: Answered

    @property
    def failures(self) -> list[Failed]:
        """The errors in either result."""
        return [*failures_in(self.few.bodies), *failures_in(self.twice_as_many.bodies)]

    @property
    def rows(self) -> tuple[Counter[str], Counter[str]]:
        """The rows read by each repository method, with n rows and with 2n."""
        return _rows(self.few.taken), _rows(self.twice_as_many.taken)

    def parents(self, place: Place) -> tuple[int, int]:
        """The number of objects on a path, with n rows and with 2n."""
        return len(_objects(place, self.few)), len(_objects(place, self.twice_as_many))

    def objects(self, place: Place) -> list[Object]:
        """The objects on a path in the answer to the callers with 2n rows."""
        return _objects(place, self.twice_as_many)


class Comparer:
    """Runs generated documents, and remembers the values in the answers."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._few, self._twice_as_many = KnownValues(FEW), KnownValues(TWICE_AS_MANY)
        self.recipes = Recipes()
        self.documents = 0
        self.answered: set[str] = set()
        """The fields, as `Type.field`, that returned a scalar or an object."""

    async def compare(self, place: Place, selections: Selections) -> Compared:
        """Select these fields on a path; raises `Unknown` for a missing argument."""
        printer, origin = SelectionPrinter(), place.origin
        text = printer.text(place.selections(selections))
        declared = ", ".join((*origin.declared, *printer.declared))
        variables = f"({declared})" if declared else ""
        text = f"{origin.kind} Generated{variables}{text}"
        self.documents += 1
        return Compared(
            await self._ask(text, place, printer, self._few),
            await self._ask(text, place, printer, self._twice_as_many),
        )

    def note(self, place: Place, selections: Selections, compared: Compared) -> None:
        """Remember the values of fields without errors."""
        failed = {one.path[-1] for one in compared.failures if one.path}
        for known, answered in self._both(compared):
            for coordinate, value in _values(place, selections, answered):
                if coordinate.rpartition(".")[2] in failed:
                    continue
                if scalar := _scalar(coordinate):
                    known.note(coordinate, value)
                    self.recipes.note(scalar, coordinate)
                if scalar or value is not None:
                    self.answered.add(coordinate)

    def firsts(
        self, place: Place, selections: Selections, compared: Compared, scalar: str
    ) -> Iterator[ByCallers]:
        """For each field of this scalar type, the first value that each group of callers received."""
        firsts: dict[str, dict[Callers, str]] = {}
        for known, answered in self._both(compared):
            for coordinate, value in _values(place, selections, answered):
                if _scalar(coordinate) == scalar and isinstance(value, str):
                    of_both = firsts.setdefault(coordinate, {})
                    of_both.setdefault(known.callers, value)
        return (
            ByCallers(tuple(of_both.items()))
            for of_both in firsts.values()
            if len(of_both) == len(self._both(compared))
        )

    def _both(self, compared: Compared) -> tuple[tuple[KnownValues, Answered], ...]:
        return (self._few, compared.few), (self._twice_as_many, compared.twice_as_many)

    async def _ask(
        self, text: str, place: Place, printer: SelectionPrinter, known: KnownValues
    ) -> Answered:
        values = printer.values(known)
        document = TrustedDocument("Generated", text, DEFAULT)
        try:
            principal, own = await place.origin.begin(self._runner, known.callers)
            return await self._runner.ask(document, principal, {**own, **values})
        except FlowFailed as failed:
            return Answered(_NOTHING, ({"errors": [{"message": str(failed)}]},), NULL_ROOT)


def _rows(taken: Taken) -> Counter[str]:
    rows: Counter[str] = Counter()
    for one in taken.ran:
        rows[one.statement.name] += one.rows
    return rows


def _objects(place: Place, answered: Answered) -> list[Object]:
    return [one for body in answered.bodies for one in place.objects_in(body.get("data"))]


def _values(
    place: Place, selections: Selections, answered: Answered
) -> Iterator[tuple[str, object]]:
    return values_in(place.type_name, selections, _objects(place, answered))


def _scalar(coordinate: str) -> str | None:
    """The scalar type of a field; None if it returns objects."""
    type_name, _, name = coordinate.partition(".")
    field = fields()[type_name][name]
    return get_named_type(field.type).name if is_plain(field) else None
