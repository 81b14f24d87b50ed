"""What is wrong with a field, judged by generated documents for n rows and for 2n."""

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
"""By how much what is read for each parent may differ where it does not grow."""


@dataclass(frozen=True, slots=True)
class Level:
    """The parents of a field, and what leads to them: nothing, where they are the root."""

    place: Place
    leading: Compared | None = None

    @property
    def methods(self) -> Counter[str]:
        """The statements that lead there."""
        return methods_of(self.leading.twice_as_many.taken) if self.leading else Counter()

    @property
    def rows(self) -> tuple[Counter[str], Counter[str]]:
        """The rows that these read."""
        return self.leading.rows if self.leading else (Counter(), Counter())


class Judge:
    """Names what is wrong by the field that is at fault, each once."""

    def __init__(self, comparer: Comparer, planner: Planner) -> None:
        self._comparer = comparer
        self._planner = planner
        self._planned: set[str] = set()
        self._named: set[tuple[str, str | None]] = set()

    async def judge(self, found: Found) -> list[Finding]:
        """What grows with the rows, or is not planned well, of all that was asked of a place."""
        problems = await self._problems(found.place.type_name, found.compared)
        named = {method for field, method in self._named if field in found.place.fields}
        wanted = {one.method: one for one in problems if one.method not in named}
        if not wanted:
            return []
        return [one async for one in self._blamed(found, wanted)]

    async def judge_field(
        self, name: str, compared: Compared, level: Level, *, times: int = 1
    ) -> list[Finding]:
        """What is wrong with one field that was asked so many times, with other arguments.

        The rows of a level are loaded by one statement for each time that the field is asked,
        however many parents there are.
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
        """Whether a field that gives one value reads the more for it the more rows there are."""
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
        """What is wrong with single fields of what changes something, whatever n is."""
        (_, root), *others = each(found.place.type_name, found.selections)
        level = Level(found.place, await self._comparer.compare(found.place, root))
        return await self._judge_among(others, found.compared, level)

    async def _judge_among(
        self, fields: Sequence[tuple[str, Selections]], compared: Compared, level: Level
    ) -> list[Finding]:
        """What is wrong with any of the fields, which `compared` has all of.

        Nothing, where all of them together run nothing more than once; else it is in either half.
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
        """As below, without the plans of statements that were looked at before."""
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
    """How often each repository method's statements ran."""
    return Counter(one.statement.name for one in taken.ran)


def _statements(taken: Taken) -> dict[str, str]:
    return {one.statement.name: fingerprint(one.statement.sql) for one in taken.ran}


def suspects(place: Place, selections: Selections) -> Iterator[tuple[str, Selections]]:
    """What leads to a place, and each of the selections by itself, by the field to be blamed."""
    if place.steps:
        yield place.fields[-1], (TYPE_NAME,)
    yield from each(place.type_name, selections)
