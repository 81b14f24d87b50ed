"""What a measurement or a comparison comes to; each has an exit status of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """The value is the exit status, and the order is the rank.

    Of several states the first decides the status: it is what makes the others mean less. All of
    them are named in words.
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


FAILED_ITSELF = 70
"""The exit status of a command that has a fault of its own (EX_SOFTWARE of sysexits.h)."""

_RANKS = {state: rank for rank, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Finding:
    """A state that was found, and the sentence that names it; `operation` is whose it is."""

    state: State
    text: str
    operation: str | None = None


def rank(state: State) -> int:
    """Its place: what is less decides more."""
    return _RANKS[state]


def decisive(states: Iterable[State]) -> State:
    """The state that decides the exit status; nothing became worse where there is none."""
    return min(states, key=rank, default=State.NO_REGRESSION)


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings by the rank of their states, each sentence once."""
    ordered = sorted(findings, key=lambda one: rank(one.state))
    first: dict[str, Finding] = {}
    for one in ordered:
        first.setdefault(one.text, one)
    return tuple(first.values())
