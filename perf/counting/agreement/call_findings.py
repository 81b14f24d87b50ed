"""Findings about calls that exceed the budget, with the functions called more often."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from gql.documents.budgets.budget import Budget
from perf.counting.calls import Counts
from perf.counting.counter import DocumentCount
from perf.counting.fit import Fit, fit
from perf.counting.request_cost import RequestCost
from perf.gate.findings import GateFinding


@dataclass(frozen=True, slots=True)
class CallPair:
    """The calls of a function with n rows and with 2n."""

    few: int
    twice: int


KnownCalls: TypeAlias = Mapping[str, CallPair]
"""By function name; functions that are missing are never called."""
_MOST_NAMED = 8
_NEVER = CallPair(0, 0)
_PYTHON, _C = LANGUAGES = ("python", "c")
_WORDS = {_PYTHON: "functions in Python", _C: "functions in C"}
_CALLS = ("python_calls", "python_calls_per_row", "c_calls", "c_calls_per_row")


def numbers(costs: tuple[RequestCost, RequestCost]) -> dict[str, float]:
    """The counted numbers, under the names that a budget uses."""
    python, c = (_fit(costs, language) for language in LANGUAGES)
    found = dict(zip(_CALLS, (python.fixed, python.per_row, c.fixed, c.per_row), strict=True))
    return found | {"fetched_bytes": sum(costs[1].fetched.values())}


def calls_by_function(costs: tuple[RequestCost, RequestCost]) -> dict[str, CallPair]:
    """The calls of each function, with n rows and with 2n."""
    few, twice = ({**cost.calls.python, **cost.calls.c} for cost in costs)
    return {
        name: CallPair(few.get(name, 0), twice.get(name, 0)) for name in few.keys() | twice.keys()
    }


def call_findings(
    counted: DocumentCount, budget: Budget, known: KnownCalls | None = None
) -> Iterator[GateFinding]:
    """A finding for each kind of number that exceeds the budget.

    If `known` calls are given, the functions that are called more often are named.
    """
    name, costs = counted.document, counted.costs
    if costs is None:
        yield GateFinding(name, f"its calls cannot be counted: {counted.failed}")
        return
    yield from _fetching(name, costs[1], budget.fetched_bytes)
    for language in LANGUAGES:
        problems = list(_problems(costs, language, budget))
        if problems:
            functions = [] if known is None else increased_functions(costs, language, known)
            yield GateFinding(name, "\n    ".join(["; ".join(problems), *functions]))


def increased_functions(
    costs: tuple[RequestCost, RequestCost], language: str, known: KnownCalls
) -> Iterator[str]:
    """The functions called more often than in `known`, largest increase first."""
    few, twice = (_counts(cost, language) for cost in costs)
    more = {
        function: (calls - one.twice, few.get(function, 0) - one.few)
        for function, calls in twice.items()
        if calls > (one := known.get(function, _NEVER)).twice
    }
    for function in sorted(more, key=lambda one: (-more[one][0], one))[:_MOST_NAMED]:
        now, with_few = more[function]
        grows = f", and {with_few} more for n" if with_few != now else ""
        yield f"{now} more of {function}{_by(costs[1], function)}{grows}"


def _fetching(name: str, cost: RequestCost, most: int | None) -> Iterator[GateFinding]:
    """A finding if the rows are too large together, with the methods that fetch them."""
    fetched = sum(cost.fetched.values())
    if most is not None and fetched > most:
        methods = sorted(cost.fetched, key=lambda one: (-cost.fetched[one], one))[:_MOST_NAMED]
        costs = ", ".join(f"{method} {cost.fetched[method]}" for method in methods)
        yield GateFinding(
            name, f"{fetched} fetched bytes, where at most {most} are agreed ({costs})"
        )


def _problems(
    costs: tuple[RequestCost, RequestCost], language: str, budget: Budget
) -> Iterator[str]:
    words, found = _WORDS[language], _fit(costs, language)
    fixed = getattr(budget, f"{language}_calls")
    per_row = getattr(budget, f"{language}_calls_per_row")
    if fixed is None or per_row is None:
        return
    if costs[1].noise:
        yield from _beyond_noise(costs, language, Fit(fixed, per_row))
        return
    if found.fixed > fixed:
        yield f"{found.fixed} calls of {words}, where at most {fixed} are agreed"
    if found.per_row > per_row:
        calls = f"{found.per_row:g} calls of {words} for each row"
        yield f"{calls}, where at most {per_row:g} are agreed"


def _beyond_noise(
    costs: tuple[RequestCost, RequestCost], language: str, agreed: Fit
) -> Iterator[str]:
    """Compares totals only: documents with noise have too few rows to judge calls per row."""
    for cost in costs:
        calls, most = sum(_counts(cost, language).values()), agreed.at(cost.rows)
        if calls > most * (1 + cost.noise):
            yield (
                f"{calls} calls of {_WORDS[language]} with {cost.rows} rows, where at most "
                f"{most:g} and {cost.noise:.0%} are agreed"
            )


def _fit(costs: tuple[RequestCost, RequestCost], language: str) -> Fit:
    few, twice = ((cost.rows, sum(_counts(cost, language).values())) for cost in costs)
    return fit(few, twice)


def _counts(cost: RequestCost, language: str) -> Counts:
    return cost.calls.python if language == _PYTHON else cost.calls.c


def _by(cost: RequestCost, function: str) -> str:
    """The most frequent caller of a function."""
    callers = cost.calls.callers.get(function, {})
    if not callers:
        return ""
    return f", called by {max(callers, key=lambda one: (callers[one], one))}"
