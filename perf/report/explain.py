"""Which repository method, or which wait, explains that an operation takes longer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from perf.load.result import MethodUse

Uses: TypeAlias = Mapping[str, MethodUse]
Run: TypeAlias = tuple[Uses, Uses]
"""What one request asks of each method when it is alone, and what all of them did under load."""

_MOST_NAMED = 3
_WORTH_NAMING_MS = 0.2
_WORTH_NAMING_SHARE = 0.1
_CALLS_DIFFER = 0.5
_MS = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """What one method takes of a request: calls, and milliseconds of a call under load."""

    calls: float
    database_ms: float
    wait_ms: float

    @property
    def total_ms(self) -> float:
        """All of it."""
        return self.calls * (self.database_ms + self.wait_ms)


def explanation(before: Run, after: Run, *, added_ms: float) -> tuple[str, ...]:
    """In a line each: methods called more or less often, then those whose time changed most.

    `added_ms` is by how much the median changed; where methods account for less than half of it,
    that is said.
    """
    parts = {
        method: (_part(method, before), _part(method, after))
        for method in sorted(before[0].keys() | after[0].keys())
    }
    if not parts:
        return ()
    found = [*_calls(parts), *_times(parts, added_ms)]
    accounted = sum(new.total_ms - old.total_ms for old, new in parts.values())
    if added_ms > _WORTH_NAMING_MS and accounted < added_ms / 2:
        found.append(
            f"statements account for {accounted:+.1f} ms of {added_ms:+.1f} ms; the rest is in the "
            "server's own work, or in waiting for a processor"
        )
    return tuple(found)


def _part(method: str, run: Run) -> Part:
    alone, loaded = run[0].get(method), run[1].get(method)
    if alone is None:
        return Part(0, 0, 0)
    timed = loaded if loaded is not None and loaded.calls else alone
    return Part(
        alone.calls,
        _MS * timed.database_seconds / timed.calls if timed.calls else 0,
        _MS * timed.wait_seconds / timed.calls if timed.calls else 0,
    )


def _calls(parts: Mapping[str, tuple[Part, Part]]) -> Iterator[str]:
    # What comes now and then, whoever asks, is in some of the requests that were asked alone.
    for method, (old, new) in parts.items():
        if abs(new.calls - old.calls) > _CALLS_DIFFER:
            yield f"{method} ran {old.calls:g} times a request, and runs {new.calls:g} times now"


def _times(parts: Mapping[str, tuple[Part, Part]], added_ms: float) -> Iterator[str]:
    worth = max(_WORTH_NAMING_MS, _WORTH_NAMING_SHARE * abs(added_ms))
    changed = sorted(
        ((method, old, new) for method, (old, new) in parts.items()),
        key=lambda one: -abs(one[2].total_ms - one[1].total_ms),
    )
    for method, old, new in changed[:_MOST_NAMED]:
        if abs(new.total_ms - old.total_ms) >= worth:
            yield (
                f"{method} takes {new.total_ms:.1f} ms of a request instead of {old.total_ms:.1f} "
                f"(a call: {new.database_ms:.2f} ms in the database and {new.wait_ms:.2f} ms "
                f"waiting for a connection, before {old.database_ms:.2f} and {old.wait_ms:.2f})"
            )
