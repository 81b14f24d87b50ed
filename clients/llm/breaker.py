"""A circuit breaker: a model that is down is left alone for a while, then tried by one call.

After "Stability patterns" in Release It! (Michael Nygard, 2007).
"""

from dataclasses import dataclass
from enum import Enum
from math import ceil

FAILURES = 10
"""So many failures in a row open it. At a rate of 30% that happens once in 170,000 attempts."""
OPEN_SECONDS = 5.0


class BreakerState(Enum):
    """Whether calls pass."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to make one attempt, whose outcome is to be told; `period` is when it was given."""

    period: int


class BreakerOpen(Exception):
    """The attempt is not to be made; `retry_after_seconds` is at least 1."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"open for {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class Breaker:
    """Of one endpoint; times are of one clock that never goes back.

    Only outcomes of the current period count: when the breaker opens, closes or lets a call try, a
    new period begins, and attempts that are still under way tell nothing new.
    """

    def __init__(self, *, failures: int = FAILURES, open_seconds: float = OPEN_SECONDS) -> None:
        self._failures_to_open = failures
        self._open_seconds = open_seconds
        self._state = BreakerState.CLOSED
        self._period = 0
        self._failures = 0
        self._open_until = 0.0

    @property
    def state(self) -> BreakerState:
        """Whether calls pass; open until a call is let through to try, however late."""
        return self._state

    def admit(self, now: float) -> Permit:
        """Let an attempt be made, or raise `BreakerOpen`."""
        if not self.admits(now):
            raise BreakerOpen(max(1, ceil(self._open_until - now)))
        if self._state is BreakerState.OPEN:
            self._begin(BreakerState.HALF_OPEN)
        return Permit(self._period)

    def admits(self, now: float) -> bool:
        """Whether an attempt would be let through."""
        if self._state is BreakerState.OPEN:
            return now >= self._open_until
        return self._state is BreakerState.CLOSED

    def succeeded(self, permit: Permit) -> None:
        """The endpoint did its work."""
        if permit.period != self._period:
            return
        self._failures = 0
        if self._state is BreakerState.HALF_OPEN:
            self._begin(BreakerState.CLOSED)

    def failed(self, permit: Permit, now: float) -> None:
        """The endpoint is down."""
        if permit.period != self._period:
            return
        self._failures += 1
        if self._state is BreakerState.HALF_OPEN or self._failures >= self._failures_to_open:
            self._open_until = now + self._open_seconds
            self._begin(BreakerState.OPEN)

    def withdrawn(self, permit: Permit) -> None:
        """The attempt says nothing about the endpoint; another may try in its place."""
        if permit.period == self._period and self._state is BreakerState.HALF_OPEN:
            self._begin(BreakerState.OPEN)

    def _begin(self, state: BreakerState) -> None:
        self._state = state
        self._period += 1
        self._failures = 0
