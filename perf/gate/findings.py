"""What of a document's run is not as its budget has it, each named with document and statement."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from gql.operations.budgets import Budget
from perf.gate.fingerprint import fingerprint
from perf.gate.running import Taken

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with the method and the statement where one is at fault."""

    document: str
    problem: str
    method: str | None = None
    statement: str | None = None

    def __str__(self) -> str:
        """In words, the statement on a line of its own."""
        where = f" in {self.method}" if self.method else ""
        statement = f"\n    {self.statement}" if self.statement else ""
        return f"{self.document}: {self.problem}{where}{statement}"


def over_budget(document: str, taken: Taken, budget: Budget) -> Iterator[Finding]:
    """The numbers that are not kept."""
    if budget.statements is not None and len(taken.ran) != budget.statements:
        counts = Counter(one.statement.name for one in taken.ran)
        methods = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        problem = f"{len(taken.ran)} statements, where exactly {budget.statements} are agreed"
        yield Finding(document, f"{problem} ({methods})")
    if budget.fetched_bytes is not None and taken.fetched_bytes > budget.fetched_bytes:
        yield Finding(document, _fetching(taken, budget.fetched_bytes))
    for what, number, most in (
        ("subscription lookups", taken.subscription_lookups, budget.subscription_lookups),
        ("rows", taken.rows, budget.rows),
        ("response bytes", taken.response_bytes, budget.response_bytes),
        ("cost", taken.cost, budget.cost),
    ):
        if most is not None and number > most:
            yield Finding(document, f"{number} {what}, where at most {most} are agreed")


def growing(document: str, few: Taken, twice_as_many: Taken) -> Iterator[Finding]:
    """The statements that run more often where there are twice as many rows: an N+1."""
    before, after = _counts(few), _counts(twice_as_many)
    methods = {fingerprint(one.statement.sql): one.statement.name for one in twice_as_many.ran}
    for statement, count in after.items():
        if count > before[statement]:
            problem = f"runs {before[statement]} times for n rows and {count} times for 2n (N+1)"
            yield Finding(document, problem, methods[statement], statement)


def _counts(taken: Taken) -> Counter[str]:
    return Counter(fingerprint(one.statement.sql) for one in taken.ran)


def _fetching(taken: Taken, most: int) -> str:
    """Too much that is fetched, and what fetches it."""
    sizes: Counter[str] = Counter()
    for one in taken.ran:
        sizes[one.statement.name] += one.fetched_bytes
    methods = ", ".join(f"{name} {size}" for name, size in sizes.most_common(_MOST_NAMED) if size)
    problem = f"{taken.fetched_bytes} fetched bytes, where at most {most} are agreed"
    return f"{problem} ({methods})"
