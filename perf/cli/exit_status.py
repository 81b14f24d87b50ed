"""The exit statuses of `guidance perf`, and the findings that lead to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class ExitStatus(Enum):
    """The value is the exit status of a command, and the order is the rank.

    Of several statuses, the first one in this order decides, because it makes the others less
    meaningful. All of them are printed.
    """

    UNREADABLE = 2
    ENDED_EARLY = 10
    GONE = 4
    NOT_COMPARABLE = 3
    REGRESSION = 1
    NOT_MEASURED = 5
    REFUSED = 6
    NEW_ERRORS = 7
    MORE_CALLS = 8
    ZERO_BASELINE = 9
    NOT_COUNTED = 11
    CANNOT_BE_TOLD = 12
    NO_REGRESSION = 0


SOFTWARE_ERROR = 70
"""The exit status of a command with a fault of its own (EX_SOFTWARE of sysexits.h)."""

_RANKS = {state: rank for rank, state in enumerate(ExitStatus)}


@dataclass(frozen=True, slots=True)
class Finding:
    """A status with the sentence that explains it, and the operation that it concerns."""

    state: ExitStatus
    text: str
    operation: str | None = None


def rank(state: ExitStatus) -> int:
    """The rank; the lowest decides."""
    return _RANKS[state]


def decisive_status(states: Iterable[ExitStatus]) -> ExitStatus:
    """The status with the lowest rank; no regression without any."""
    return min(states, key=rank, default=ExitStatus.NO_REGRESSION)


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings ordered by rank, without repeated sentences."""
    ordered = sorted(findings, key=lambda one: rank(one.state))
    first: dict[str, Finding] = {}
    for one in ordered:
        first.setdefault(one.text, one)
    return tuple(first.values())
