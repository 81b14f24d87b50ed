"""Find problems of a field by running generated documents with n rows and with 2n."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace

from perf.gate.fields.comparing import Compared, Comparer
from perf.gate.fields.exploring import Found
from perf.gate.fields.places import Place
from perf.gate.fields.selections import TYPE_NAME, Selections
from perf.gate.fields.walking import each, together
from perf.gate.findings import Finding, growing
from perf.gate.fingerprint import fingerprint
from perf.gate.planner import Planner
from perf.gate.running import Taken

_ALIKE = 1.5
"""By which factor the rows read for each parent may differ without being growth."""


@dataclass(frozen=True, slots=True)
class Level:
    """The parents of a field, and the result of selecting only them; None for the root."""

    place: Place
    leading: Compared | None = None

    @property
    def methods(self) -> Counter[str]:
        """How often each repository method runs to load the parents."""
        return methods_of(self.leading.twice_as_many.taken) if self.leading else Counter()

    @property
    def rows(self) -> tuple[Counter[str], Counter[str]]:
        """The rows read to load the parents."""
        return self.leading.rows if self.leading else (Counter(), Counter())


class Judge:
    """Attributes problems to the field that causes them, each only once."""

    def __init__(self, comparer: Comparer, planner: Planner) -> None:
        self._comparer = comparer
        self._planner = planner
        self._planned: set[str] = set()
        self._named: set[tuple[str, str | None]] = set()

    async def judge(self, found: Found) -> list[Finding]:
        """Findings about growth or query plans, of all fields selected on a path."""
        problems = await self._problems(found.place.type_name, found.compared)
        named = {method for field, method in self._named if field in found.place.fields}
        wanted = {one.method: one for one in problems if one.method not in named}
        if not wanted:
            return []
        return [one async for one in self._blamed(found, wanted)]

    async def judge_field(
        self, name: str, compared: Compared, level: Level, *, times: int = 1
    ) -> list[Finding]:
        """Findings about one field that was selected `times` times with different arguments.

        Each selection may run one statement for all parents of the level, however many there are.
        """
        problems = await self._problems(name, compared)
        grown = {one.method for one in problems}
        statements = _statements(compared.twice_as_many.taken)
        for method, count in methods_of(compared.twice_as_many.taken).items():
            most = level.methods[method] + times
            if count > most and method not in grown:
                problem = f"runs {count} times in one level, where {most} would do (N+1)"
                problems.append(Finding(name, problem, method, statements[method]))
        return self._news(problems)

    def judge_rows(self, name: str, compared: Compared, level: Level) -> list[Finding]:
        """Findings if a single-valued field reads more rows per parent when there are more rows."""
        few, many = (
            {method: (rows[method] - before[method]) / max(1, parents) for method in rows}
            for rows, before, parents in zip(
                compared.rows, level.rows, compared.parents(level.place), strict=True
            )
        )
        statements = _statements(compared.twice_as_many.taken)
        problem = "reads {:.0f} rows for each parent with n rows, and {:.0f} with 2n"
        problems = [
            Finding(name, problem.format(few.get(method, 0), rows), method, statements[method])
            for method, rows in many.items()
            if rows > _ALIKE * few.get(method, 0) + 1
        ]
        return self._news(problems)

    async def judge_each(self, found: Found) -> list[Finding]:
        """Findings about single fields of a mutation or subscription, independent of n."""
        (_, root), *others = each(found.place.type_name, found.selections)
        level = Level(found.place, await self._comparer.compare(found.place, root))
        return await self._judge_among(others, found.compared, level)

    async def _judge_among(
        self, fields: Sequence[tuple[str, Selections]], compared: Compared, level: Level
    ) -> list[Finding]:
        """Findings about any of the fields, all of which `compared` selected.

        None if together they run no statement more than once; otherwise each half is searched.
        """
        besides = methods_of(compared.twice_as_many.taken) - level.methods
        if not fields or max(besides.values(), default=0) <= 1:
            return []
        if len(fields) == 1:
            return await self.judge_field(fields[0][0], compared, level)
        middle, findings = len(fields) // 2, list[Finding]()
        for half in (fields[:middle], fields[middle:]):
            selections = together(one for _, one in half)
            halved = await self._comparer.compare(level.place, selections)
            findings += await self._judge_among(half, halved, level)
        return findings

    async def _blamed(
        self, found: Found, wanted: dict[str | None, Finding]
    ) -> AsyncIterator[Finding]:
        place, type_name = found.place, found.place.type_name
        for name, selections in suspects(place, found.selections):
            if not wanted:
                return
            compared = await self._comparer.compare(place, selections)
            for one in await self._all_problems(name, compared):
                if wanted.pop(one.method, None) and self._is_new(one):
                    yield one
        for one in wanted.values():
            if self._is_new(one):
                yield replace(one, document=f"{type_name} (with all of its fields)")

    async def _problems(self, name: str, compared: Compared) -> list[Finding]:
        """Problems, with the plans of statements that were not planned before."""
        taken = compared.twice_as_many.taken
        news = {fingerprint(one.statement.sql) for one in taken.ran} - self._planned
        self._planned |= news
        ran = tuple(one for one in taken.ran if fingerprint(one.statement.sql) in news)
        planned = await self._planner.findings(name, replace(taken, ran=ran))
        return [*growing(name, compared.few.taken, taken), *planned]

    async def _all_problems(self, name: str, compared: Compared) -> list[Finding]:
        taken = compared.twice_as_many.taken
        planned = await self._planner.findings(name, taken)
        return [*growing(name, compared.few.taken, taken), *planned]

    def _news(self, findings: list[Finding]) -> list[Finding]:
        return [one for one in findings if self._is_new(one)]

    def _is_new(self, finding: Finding) -> bool:
        key = (finding.document, finding.method)
        is_new = key not in self._named
        self._named.add(key)
        return is_new


def methods_of(taken: Taken) -> Counter[str]:
    """How often the statements of each repository method ran."""
    return Counter(one.statement.name for one in taken.ran)


def _statements(taken: Taken) -> dict[str, str]:
    return {one.statement.name: fingerprint(one.statement.sql) for one in taken.ran}


def suspects(place: Place, selections: Selections) -> Iterator[tuple[str, Selections]]:
    """The path itself and each single selection, with the field to blame for its problems."""
    if place.steps:
        yield place.fields[-1], (TYPE_NAME,)
    yield from each(place.type_name, selections)
