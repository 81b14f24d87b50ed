"""What of a document's run is not as its budget has it, each named with document and statement."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from gql.operations.budgets import Budget
from perf.gate.fingerprint import fingerprint
from perf.gate.running import Answered, Taken

REFUSAL_BYTES = 500
"""What a refusal may have with its words, however small the answer would be."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with the method and the statement where one is at fault.

    `variant` says how the document was asked, where that is not as usual; `taken` is the number
    that is too large.
    """

    document: str
    problem: str
    method: str | None = None
    statement: str | None = None
    variant: str = ""
    taken: int | None = None

    def __str__(self) -> str:
        """In words, the statement on a line of its own."""
        asked = f" ({self.variant})" if self.variant else ""
        where = f" in {self.method}" if self.method else ""
        statement = f"\n    {self.statement}" if self.statement else ""
        number = "" if self.taken is None else f"{self.taken} "
        return f"{self.document}{asked}: {number}{self.problem}{where}{statement}"


def over_budget(
    document: str, answered: Answered, budget: Budget, usual: Taken | None = None
) -> Iterator[Finding]:
    """The numbers that are not kept; `usual` is what the document takes as it is usually asked."""
    taken, refusal = answered.taken, answered.refusal
    agreed = budget.statements if refusal is None else budget.refused.get(refusal, 0)
    if agreed is not None and len(taken.ran) != agreed:
        how = "" if refusal is None else f"refused with {refusal} after "
        problem = f"{how}{len(taken.ran)} statements, where exactly {agreed} are agreed"
        yield _of_statements(document, f"{problem} ({_methods(taken)})", taken, usual)
    response_bytes = budget.response_bytes
    if refusal is not None and response_bytes is not None:
        response_bytes = max(response_bytes, REFUSAL_BYTES)
    for what, number, most in (
        ("subscription lookups", taken.subscription_lookups, budget.subscription_lookups),
        ("rows", taken.rows, budget.rows),
        ("response bytes", taken.response_bytes, response_bytes),
        ("cost", taken.cost, budget.cost),
    ):
        if most is not None and number > most:
            yield Finding(document, f"{what}, where at most {most} are agreed", taken=number)


def _of_statements(document: str, problem: str, taken: Taken, usual: Taken | None) -> Finding:
    """The finding with what runs here and not usually, or more often."""
    more = _counts(taken) - _counts(usual) if usual is not None else Counter()
    names = {fingerprint(one.statement.sql): one.statement.name for one in taken.ran}
    methods = ", ".join(dict.fromkeys(names[one] for one in more))
    return Finding(document, problem, methods or None, "\n    ".join(more) or None)


def growing(document: str, few: Taken, twice_as_many: Taken) -> Iterator[Finding]:
    """The statements that run more often where there are twice as many rows: an N+1."""
    before, after = _counts(few), _counts(twice_as_many)
    methods = {fingerprint(one.statement.sql): one.statement.name for one in twice_as_many.ran}
    for statement, count in after.items():
        if count > before[statement]:
            problem = f"runs {before[statement]} times for n rows and {count} times for 2n (N+1)"
            yield Finding(document, problem, methods[statement], statement)


def _methods(taken: Taken) -> str:
    counts = Counter(one.statement.name for one in taken.ran)
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _counts(taken: Taken) -> Counter[str]:
    return Counter(fingerprint(one.statement.sql) for one in taken.ran)
