"""Findings: where the result of a document exceeds its budget, and which statement is at fault."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from gql.documents.trusted_documents import Budget
from perf.gate.execution.in_process import DocumentAnswer, ResourceUsage
from perf.gate.plans.fingerprint import fingerprint

STATEMENTS = "\n    "
"""Separates several statements at fault."""
REFUSAL_BYTES = 500
"""The allowed size of a refusal, even if the budget of the document is smaller."""


@dataclass(frozen=True, slots=True)
class GateFinding:
    """One problem, with the repository method and the statement at fault, if known.

    `variant` describes the variables and the caller, if not all variants have the problem.
    """

    document: str
    problem: str
    method: str | None = None
    statement: str | None = None
    variant: str = ""

    def __str__(self) -> str:
        """The problem as text, with the statement on a separate line."""
        asked = f" ({self.variant})" if self.variant else ""
        where = f" in {self.method}" if self.method else ""
        statement = f"\n    {self.statement}" if self.statement else ""
        return f"{self.document}{asked}: {self.problem}{where}{statement}"


def budget_findings(
    document: str, result: DocumentAnswer, budget: Budget, usual: ResourceUsage | None = None
) -> Iterator[GateFinding]:
    """Findings about numbers over budget; `usual` is the resource usage of the usual variant."""
    usage, refusal = result.usage, result.refusal
    agreed = budget.statements if refusal is None else budget.refused.get(refusal, 0)
    if agreed is not None and len(usage.ran) != agreed:
        how = "" if refusal is None else f"refused with {refusal} after "
        problem = f"{how}{len(usage.ran)} statements, where exactly {agreed} are agreed"
        yield _of_statements(document, f"{problem} ({_methods(usage)})", usage, usual)
    response_bytes = budget.response_bytes
    if refusal is not None and response_bytes is not None:
        response_bytes = max(response_bytes, REFUSAL_BYTES)
    for what, number, most in (
        ("subscription lookups", usage.subscription_lookups, budget.subscription_lookups),
        ("rows", usage.rows, budget.rows),
        ("response bytes", usage.response_bytes, response_bytes),
        ("cost", usage.cost, budget.cost),
    ):
        if most is not None and number > most:
            yield GateFinding(document, f"{number} {what}, where at most {most} are agreed")


def more_statements(
    document: str, usage: ResourceUsage, most: int | None, usual: ResourceUsage
) -> GateFinding | None:
    """A finding if more statements ran than agreed; fewer are none, for there was less to read."""
    if most is None or len(usage.ran) <= most:
        return None
    problem = f"{len(usage.ran)} statements, where at most {most} are agreed ({_methods(usage)})"
    return _of_statements(document, problem, usage, usual)


def _of_statements(
    document: str, problem: str, usage: ResourceUsage, usual: ResourceUsage | None
) -> GateFinding:
    """The finding with the statements that run more often than in the usual variant."""
    if usual is None:
        return GateFinding(document, problem)
    methods = _by_method(usage) - _by_method(usual)
    usually = _by_statement(usual)
    more = [
        statement
        for one in usage.ran
        if one.statement.name in methods
        and (statement := fingerprint(one.statement.sql)) not in usually
    ]
    more = more or [
        fingerprint(one.statement.sql) for one in usage.ran if one.statement.name in methods
    ]
    statements = STATEMENTS.join(dict.fromkeys(more))
    return GateFinding(document, problem, ", ".join(methods) or None, statements or None)


def n_plus_one_findings(
    document: str, few: ResourceUsage, twice_as_many: ResourceUsage
) -> Iterator[GateFinding]:
    """Findings about statements that run more often with twice the rows: an N+1.

    Counted by repository method, since the SQL of a document differs before and after it is
    compiled.
    """
    before, after = _by_method(few), _by_method(twice_as_many)
    statements = {one.statement.name: fingerprint(one.statement.sql) for one in twice_as_many.ran}
    for method, count in after.items():
        if count > before[method]:
            problem = f"runs {before[method]} times for n rows and {count} times for 2n (N+1)"
            yield GateFinding(document, problem, method, statements[method])


def _methods(usage: ResourceUsage) -> str:
    counts = sorted(_by_method(usage).items())
    return ", ".join(f"{name} {count}" for name, count in counts) or "none"


def _by_method(usage: ResourceUsage) -> Counter[str]:
    return Counter(one.statement.name for one in usage.ran)


def _by_statement(usage: ResourceUsage) -> Counter[str]:
    return Counter(fingerprint(one.statement.sql) for one in usage.ran)
