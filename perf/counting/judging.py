"""Findings about calls that exceed the budget, with the functions called more often."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from gql.documents.agreement import Budget
from perf.counting.calls import Counts
from perf.counting.counted import Size
from perf.counting.counting import Counted
from perf.counting.fit import Fit, fit
from perf.gate.findings import Finding


@dataclass(frozen=True, slots=True)
class Pair:
    """The calls of a function with n rows and with 2n."""

    few: int
    twice: int


KnownCalls: TypeAlias = Mapping[str, Pair]
"""By function name; functions that are missing are never called."""
_MOST_NAMED = 8
_NEVER = Pair(0, 0)
_PYTHON, _C = LANGUAGES = ("python", "c")
_WORDS = {_PYTHON: "functions in Python", _C: "functions in C"}
_CALLS = ("python_calls", "python_calls_per_row", "c_calls", "c_calls_per_row")


def numbers(sizes: tuple[Size, Size]) -> dict[str, float]:
    """The counted numbers, under the names that a budget uses."""
    python, c = (_fit(sizes, language) for language in LANGUAGES)
    found = dict(zip(_CALLS, (python.fixed, python.per_row, c.fixed, c.per_row), strict=True))
    return found | {"fetched_bytes": sum(sizes[1].fetched.values())}


def calls_by_size(sizes: tuple[Size, Size]) -> dict[str, Pair]:
    """The calls of each function, with n rows and with 2n."""
    few, twice = ({**size.calls.python, **size.calls.c} for size in sizes)
    return {name: Pair(few.get(name, 0), twice.get(name, 0)) for name in few.keys() | twice.keys()}


def judged(counted: Counted, budget: Budget, known: KnownCalls | None = None) -> Iterator[Finding]:
    """A finding for each kind of number that exceeds the budget.

    If `known` calls are given, the functions that are called more often are named.
    """
    name, sizes = counted.document, counted.sizes
    if sizes is None:
        yield Finding(name, f"its calls cannot be counted: {counted.failed}")
        return
    yield from _fetching(name, sizes[1], budget.fetched_bytes)
    for language in LANGUAGES:
        problems = list(_problems(sizes, language, budget))
        if problems:
            functions = [] if known is None else named(sizes, language, known)
            yield Finding(name, "\n    ".join(["; ".join(problems), *functions]))


def named(sizes: tuple[Size, Size], language: str, known: KnownCalls) -> Iterator[str]:
    """The functions called more often than in `known`, largest increase first."""
    few, twice = (_counts(size, language) for size in sizes)
    more = {
        function: (calls - one.twice, few.get(function, 0) - one.few)
        for function, calls in twice.items()
        if calls > (one := known.get(function, _NEVER)).twice
    }
    for function in sorted(more, key=lambda one: (-more[one][0], one))[:_MOST_NAMED]:
        now, with_few = more[function]
        grows = f", and {with_few} more for n" if with_few != now else ""
        yield f"{now} more of {function}{_by(sizes[1], function)}{grows}"


def _fetching(name: str, size: Size, most: int | None) -> Iterator[Finding]:
    """A finding if the rows are too large together, with the methods that fetch them."""
    fetched = sum(size.fetched.values())
    if most is not None and fetched > most:
        methods = sorted(size.fetched, key=lambda one: (-size.fetched[one], one))[:_MOST_NAMED]
        sizes = ", ".join(f"{method} {size.fetched[method]}" for method in methods)
        yield Finding(name, f"{fetched} fetched bytes, where at most {most} are agreed ({sizes})")


def _problems(sizes: tuple[Size, Size], language: str, budget: Budget) -> Iterator[str]:
    words, found = _WORDS[language], _fit(sizes, language)
    fixed = getattr(budget, f"{language}_calls")
    per_row = getattr(budget, f"{language}_calls_per_row")
    if fixed is None or per_row is None:
        return
    if sizes[1].noise:
        yield from _beyond_noise(sizes, language, Fit(fixed, per_row))
        return
    if found.fixed > fixed:
        yield f"{found.fixed} calls of {words}, where at most {fixed} are agreed"
    if found.per_row > per_row:
        calls = f"{found.per_row:g} calls of {words} for each row"
        yield f"{calls}, where at most {per_row:g} are agreed"


def _beyond_noise(sizes: tuple[Size, Size], language: str, agreed: Fit) -> Iterator[str]:
    """Compares totals only: documents with noise have too few rows to judge calls per row."""
    for size in sizes:
        calls, most = sum(_counts(size, language).values()), agreed.at(size.rows)
        if calls > most * (1 + size.noise):
            yield (
                f"{calls} calls of {_WORDS[language]} with {size.rows} rows, where at most "
                f"{most:g} and {size.noise:.0%} are agreed"
            )


def _fit(sizes: tuple[Size, Size], language: str) -> Fit:
    few, twice = ((size.rows, sum(_counts(size, language).values())) for size in sizes)
    return fit(few, twice)


def _counts(size: Size, language: str) -> Counts:
    return size.calls.python if language == _PYTHON else size.calls.c


def _by(size: Size, function: str) -> str:
    """The most frequent caller of a function."""
    callers = size.calls.callers.get(function, {})
    if not callers:
        return ""
    return f", called by {max(callers, key=lambda one: (callers[one], one))}"
