"""Find problems of a field by running generated documents with n rows and with 2n."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from perf.gate.execution.in_process import ResourceUsage
from perf.gate.fields.comparison import ComparedResults, DocumentComparer
from perf.gate.fields.documents.object_paths import ObjectPath
from perf.gate.fields.documents.selection_walk import merge_selections, split_by_field
from perf.gate.fields.documents.selections import TYPE_NAME, Selections
from perf.gate.fields.explorer import ExploredPath
from perf.gate.findings import GateFinding, n_plus_one_findings
from perf.gate.plans.fingerprint import fingerprint
from perf.gate.plans.plan_checker import PlanChecker

NEEDED_BY_ARGUMENT: Mapping[tuple[str, str], str] = {
    ("User.searchMessages(conversationId:)", "conversations.by_id"): "whose it is, is looked up",
}
"""Repository methods that run only with an argument, and the reason."""
_ALIKE = 1.5
"""By which factor the rows read for each parent may differ without being growth."""


@dataclass(frozen=True, slots=True)
class ParentLevel:
    """The parents of a field, and the result of selecting only them; None for the root."""

    path: ObjectPath
    parents_only: ComparedResults | None = None

    @property
    def methods(self) -> Counter[str]:
        """How often each repository method runs to load the parents."""
        return (
            method_counts(self.parents_only.twice_as_many.usage) if self.parents_only else Counter()
        )

    @property
    def rows(self) -> tuple[Counter[str], Counter[str]]:
        """The rows read to load the parents."""
        return self.parents_only.rows if self.parents_only else (Counter(), Counter())


class FieldChecker:
    """Attributes problems to the field that causes them, each only once."""

    def __init__(self, comparer: DocumentComparer, planner: PlanChecker) -> None:
        self._comparer = comparer
        self._planner = planner
        self._planned: set[str] = set()
        self._named: set[tuple[str, str | None]] = set()

    async def check(self, found: ExploredPath) -> list[GateFinding]:
        """Findings about growth or query plans, of all fields selected on a path."""
        problems = await self._problems(found.path.type_name, found.compared)
        named = {method for field, method in self._named if field in found.path.fields}
        wanted = {one.method: one for one in problems if one.method not in named}
        if not wanted:
            return []
        return [one async for one in self._blamed(found, wanted)]

    async def check_field(
        self, name: str, compared: ComparedResults, level: ParentLevel, *, times: int = 1
    ) -> list[GateFinding]:
        """Findings about one field that was selected `times` times with different arguments.

        Each selection may run one statement for all parents of the level, however many there are.
        """
        problems = await self._problems(name, compared)
        grown = {one.method for one in problems}
        statements = _statements(compared.twice_as_many.usage)
        for method, count in method_counts(compared.twice_as_many.usage).items():
            most = level.methods[method] + times
            if count > most and method not in grown:
                problem = f"runs {count} times in one level, where {most} would do (N+1)"
                problems.append(GateFinding(name, problem, method, statements[method]))
        return self._news(problems)

    def check_rows(
        self, name: str, compared: ComparedResults, level: ParentLevel
    ) -> list[GateFinding]:
        """Findings if a single-valued field reads more rows per parent when there are more rows."""
        few, many = (
            {method: (rows[method] - before[method]) / max(1, parents) for method in rows}
            for rows, before, parents in zip(
                compared.rows, level.rows, compared.parents(level.path), strict=True
            )
        )
        statements = _statements(compared.twice_as_many.usage)
        problem = "reads {:.0f} rows for each parent with n rows, and {:.0f} with 2n"
        problems = [
            GateFinding(name, problem.format(few.get(method, 0), rows), method, statements[method])
            for method, rows in many.items()
            if rows > _ALIKE * few.get(method, 0) + 1
        ]
        return self._news(problems)

    def check_extra(
        self,
        name: str,
        compared: ComparedResults,
        beside: ComparedResults,
        level: ParentLevel,
        *,
        how: str,
    ) -> list[GateFinding]:
        """Findings about statements that run more often than in `beside`, the plainer selection.

        `how` says what makes the difference, such as "with this argument". If the parents were
        loaded by the same method, the plainer selection may have needed nothing besides.
        """
        usage, plainer = compared.twice_as_many.usage, method_counts(beside.twice_as_many.usage)
        statements = _statements(usage)
        return self._news(
            [
                GateFinding(
                    name,
                    f"runs {count} times {how}, and {plainer[method]} times otherwise",
                    method,
                    statements[method],
                )
                for method, count in method_counts(usage).items()
                if count > plainer[method]
                and (name, method) not in NEEDED_BY_ARGUMENT
                and not (level.methods[method] and count == level.methods[method] + 1)
            ]
        )

    async def check_each(self, found: ExploredPath) -> list[GateFinding]:
        """Findings about single fields of a mutation or subscription, independent of n."""
        (_, root), *others = split_by_field(found.path.type_name, found.selections)
        level = ParentLevel(found.path, await self._comparer.compare(found.path, root))
        return await self._check_among(others, found.compared, level)

    async def _check_among(
        self,
        fields: Sequence[tuple[str, Selections]],
        compared: ComparedResults,
        level: ParentLevel,
    ) -> list[GateFinding]:
        """Findings about any of the fields, all of which `compared` selected.

        None if together they run no statement more than once; otherwise each half is searched.
        """
        besides = method_counts(compared.twice_as_many.usage) - level.methods
        if not fields or max(besides.values(), default=0) <= 1:
            return []
        if len(fields) == 1:
            return await self.check_field(fields[0][0], compared, level)
        middle, findings = len(fields) // 2, list[GateFinding]()
        for half in (fields[:middle], fields[middle:]):
            selections = merge_selections(one for _, one in half)
            halved = await self._comparer.compare(level.path, selections)
            findings += await self._check_among(half, halved, level)
        return findings

    async def _blamed(
        self, found: ExploredPath, wanted: dict[str | None, GateFinding]
    ) -> AsyncIterator[GateFinding]:
        path, type_name = found.path, found.path.type_name
        for name, selections in suspects(path, found.selections):
            if not wanted:
                return
            compared = await self._comparer.compare(path, selections)
            for one in await self._all_problems(name, compared):
                if wanted.pop(one.method, None) and self._is_new(one):
                    yield one
        if not wanted:
            return
        # Where the machine is busy, keys may come too late for a batch. What is wrong is so again.
        again = await self._comparer.compare(path, found.selections)
        methods = {one.method for one in await self._all_problems(type_name, again)}
        for one in wanted.values():
            if one.method in methods and self._is_new(one):
                yield replace(one, document=f"{type_name} (with all of its fields)")

    async def _problems(self, name: str, compared: ComparedResults) -> list[GateFinding]:
        """Problems, with the plans of statements that were not planned before."""
        usage = compared.twice_as_many.usage
        news = {fingerprint(one.statement.sql) for one in usage.ran} - self._planned
        self._planned |= news
        ran = tuple(one for one in usage.ran if fingerprint(one.statement.sql) in news)
        planned = await self._planner.findings(name, replace(usage, ran=ran))
        return [*n_plus_one_findings(name, compared.few.usage, usage), *planned]

    async def _all_problems(self, name: str, compared: ComparedResults) -> list[GateFinding]:
        usage = compared.twice_as_many.usage
        planned = await self._planner.findings(name, usage)
        return [*n_plus_one_findings(name, compared.few.usage, usage), *planned]

    def _news(self, findings: list[GateFinding]) -> list[GateFinding]:
        return [one for one in findings if self._is_new(one)]

    def _is_new(self, finding: GateFinding) -> bool:
        key = (finding.document, finding.method)
        is_new = key not in self._named
        self._named.add(key)
        return is_new


def method_counts(usage: ResourceUsage) -> Counter[str]:
    """How often the statements of each repository method ran."""
    return Counter(one.statement.name for one in usage.ran)


def _statements(usage: ResourceUsage) -> dict[str, str]:
    return {one.statement.name: fingerprint(one.statement.sql) for one in usage.ran}


def suspects(path: ObjectPath, selections: Selections) -> Iterator[tuple[str, Selections]]:
    """The path itself and each single selection, with the field to blame for its problems."""
    if path.steps:
        yield path.fields[-1], (TYPE_NAME,)
    yield from split_by_field(path.type_name, selections)
