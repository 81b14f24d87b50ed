"""Explain a change of latency by the parts of a request that changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from perf.comparisons.report.comparison.traced_parts import (
    has_traces,
    jobs_in_words,
    part_in_words,
    traced_parts,
)
from perf.load.results.report import MethodUse

Uses: TypeAlias = Mapping[str, MethodUse]
RunUses: TypeAlias = tuple[Uses, Uses]
"""The method use of a single request, and that of the whole run under load.

Other parts of traced requests are included: see `MethodUse`.
"""

_MOST_NAMED = 3
_WORTH_NAMING_MS = 0.2
_WORTH_NAMING_SHARE = 0.1
_CALLS_DIFFER = 0.5
_MS = 1_000


@dataclass(frozen=True, slots=True)
class MethodTime:
    """The statements of one method in a request: calls, and milliseconds per call."""

    calls: float = 0.0
    database_ms: float = 0.0
    wait_ms: float = 0.0

    @property
    def total_ms(self) -> float:
        """The total time of all calls."""
        return self.calls * (self.database_ms + self.wait_ms)


def explanation(before: RunUses, after: RunUses, *, added_ms: float) -> tuple[str, ...]:
    """One line for each method called more or less often, then the largest changes of time.

    `added_ms` is the change of the median; a line says if less than half of it is explained. The
    explanation uses the parts of traced requests if both servers trace, and statements otherwise.
    Background jobs are no part of a request and have lines of their own.
    """
    methods = _methods(before, after)
    calls, jobs = _calls(methods), jobs_in_words(before[1], after[1])
    if has_traces(before) and has_traces(after):
        parts = traced_parts(before, after)
        found = [*calls, *_of_parts(parts, added_ms), *jobs]
        accounted = sum(new - old for old, new in parts.values())
        if _is_unexplained(accounted, added_ms):
            found.append(
                f"what is known of its requests accounts for {accounted:+.1f} ms of "
                f"{added_ms:+.1f} ms; the rest passes before they are read, or on the way"
            )
    else:
        found = [*calls, *_of_methods(methods, added_ms), *jobs]
        accounted = sum(new.total_ms - old.total_ms for old, new in methods.values())
        if methods and _is_unexplained(accounted, added_ms):
            found.append(
                f"statements account for {accounted:+.1f} ms of {added_ms:+.1f} ms; the rest is in "
                "the server's own work, or in waiting for a processor"
            )
    return tuple(found)


def _methods(before: RunUses, after: RunUses) -> dict[str, tuple[MethodTime, MethodTime]]:
    names = {name for alone in (before[0], after[0]) for name, use in alone.items() if use.calls}
    return {name: (_method_time(name, before), _method_time(name, after)) for name in sorted(names)}


def _method_time(method: str, run: RunUses) -> MethodTime:
    alone, loaded = run[0].get(method), run[1].get(method)
    if alone is None or not alone.calls:
        return MethodTime()
    timed = loaded if loaded is not None and loaded.calls else alone
    return MethodTime(
        alone.calls,
        _MS * timed.database_seconds / timed.calls,
        _MS * timed.wait_seconds / timed.calls,
    )


def _calls(methods: Mapping[str, tuple[MethodTime, MethodTime]]) -> Iterator[str]:
    # Periodic background work may add fractions of a call to requests measured alone.
    for method, (old, new) in methods.items():
        if abs(new.calls - old.calls) > _CALLS_DIFFER:
            yield f"{method} ran {old.calls:g} times a request, and runs {new.calls:g} times now"


def _of_parts(parts: Mapping[str, tuple[float, float]], added_ms: float) -> Iterator[str]:
    same_way = {part: ms for part, ms in parts.items() if (ms[1] - ms[0]) * added_ms > 0}
    for part, old, new in _changed_most(same_way, added_ms):
        yield f"{part_in_words(part)} takes {new:.1f} ms of a request instead of {old:.1f}"


def _of_methods(
    methods: Mapping[str, tuple[MethodTime, MethodTime]], added_ms: float
) -> Iterator[str]:
    totals = {method: (old.total_ms, new.total_ms) for method, (old, new) in methods.items()}
    for method, *_ in _changed_most(totals, added_ms):
        old, new = methods[method]
        yield (
            f"{method} takes {new.total_ms:.1f} ms of a request instead of {old.total_ms:.1f} "
            f"(a call: {new.database_ms:.2f} ms in the database and {new.wait_ms:.2f} ms "
            f"waiting for a connection, before {old.database_ms:.2f} and {old.wait_ms:.2f})"
        )


def _changed_most(
    totals: Mapping[str, tuple[float, float]], added_ms: float
) -> Iterator[tuple[str, float, float]]:
    """The largest changes worth naming, in milliseconds before and after."""
    worth = max(_WORTH_NAMING_MS, _WORTH_NAMING_SHARE * abs(added_ms))
    changed = sorted(totals.items(), key=lambda one: -abs(one[1][1] - one[1][0]))
    for name, (old, new) in changed[:_MOST_NAMED]:
        if abs(new - old) >= worth:
            yield name, old, new


def _is_unexplained(accounted_ms: float, added_ms: float) -> bool:
    return added_ms > _WORTH_NAMING_MS and accounted_ms < added_ms / 2
