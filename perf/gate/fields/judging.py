"""What is wrong with a field, judged by generated documents for n rows and for 2n."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

from perf.gate.fields.asked import TYPE_NAME, Selections
from perf.gate.fields.comparing import Asking, Compared
from perf.gate.fields.exploring import Found
from perf.gate.fields.places import Place
from perf.gate.fields.selected import each
from perf.gate.findings import Finding, growing
from perf.gate.fingerprint import fingerprint
from perf.gate.planner import Planner
from perf.gate.running import Taken


class Judge:
    """Names what is wrong by the field that is at fault, each once."""

    def __init__(self, asking: Asking, planner: Planner) -> None:
        self._asking = asking
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
        self, name: str, compared: Compared, before: Counter[str], *, times: int = 1
    ) -> list[Finding]:
        """What is wrong with one field that was asked so many times, with other arguments.

        `before` are the statements that lead there. The rows of a level are loaded by one
        statement for each time that the field is asked, however many parents there are.
        """
        problems = await self._problems(name, compared)
        grown = {one.method for one in problems}
        taken = compared.twice_as_many.taken
        statements = {one.statement.name: fingerprint(one.statement.sql) for one in taken.ran}
        for method, count in methods_of(taken).items():
            most = before[method] + times
            if count > most and method not in grown:
                problem = f"runs {count} times in one level, where {most} would do (N+1)"
                problems.append(Finding(name, problem, method, statements[method]))
        return [one for one in problems if self._is_new(one)]

    async def judge_each(self, found: Found) -> list[Finding]:
        """What is wrong with single fields of what changes something, whatever n is.

        Nothing, where all of them together run nothing more than once.
        """
        (_, root), *others = each(found.place.type_name, found.selections)
        before = methods_of((await self._asking.compare(found.place, root)).twice_as_many.taken)
        besides = methods_of(found.compared.twice_as_many.taken) - before
        if max(besides.values(), default=0) <= 1:
            return []
        return [
            finding
            for name, selections in others
            for finding in await self.judge_field(
                name, await self._asking.compare(found.place, selections), before
            )
        ]

    async def _blamed(
        self, found: Found, wanted: dict[str | None, Finding]
    ) -> AsyncIterator[Finding]:
        place, type_name = found.place, found.place.type_name
        for name, selections in suspects(place, found.selections):
            if not wanted:
                return
            compared = await self._asking.compare(place, selections)
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

    def _is_new(self, finding: Finding) -> bool:
        key = (finding.document, finding.method)
        is_new = key not in self._named
        self._named.add(key)
        return is_new


def methods_of(taken: Taken) -> Counter[str]:
    """How often each repository method's statements ran."""
    return Counter(one.statement.name for one in taken.ran)


def suspects(place: Place, selections: Selections) -> Iterator[tuple[str, Selections]]:
    """What leads to a place, and each of the selections by itself, by the field to be blamed."""
    if place.steps:
        yield place.fields[-1], (TYPE_NAME,)
    yield from each(place.type_name, selections)
