"""A circuit breaker: a model that is down is not asked for a while, then probed by one call.

After "Stability patterns" in Release It! (Michael Nygard, 2007).
"""

from dataclasses import dataclass
from enum import Enum
from math import ceil

FAILURES = 10
"""Consecutive failures that open it; at a failure rate of 30%, once in 170,000 attempts."""
OPEN_SECONDS = 5.0


class CircuitState(Enum):
    """The states of a circuit breaker."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class Permit:
    """Permission for one attempt, whose outcome must be reported; valid for one `period`."""

    period: int


class CircuitOpen(Exception):
    """The attempt must not be made; `retry_after_seconds` is at least 1."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"open for {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class ModelCircuitBreaker:
    """The circuit breaker of one endpoint; all times are of one monotonic clock.

    A new period begins whenever the breaker opens, closes or admits a probe. Only outcomes of the
    current period count, so attempts that began earlier have no effect.
    """

    def __init__(self, *, failures: int = FAILURES, open_seconds: float = OPEN_SECONDS) -> None:
        self._failures_to_open = failures
        self._open_seconds = open_seconds
        self._state = CircuitState.CLOSED
        self._period = 0
        self._failures = 0
        self._open_until = 0.0

    @property
    def state(self) -> CircuitState:
        """The state; it stays open until a call is admitted as a probe, however late."""
        return self._state

    def admit(self, now: float) -> Permit:
        """Permit an attempt; raises `CircuitOpen`."""
        if not self.admits(now):
            raise CircuitOpen(max(1, ceil(self._open_until - now)))
        if self._state is CircuitState.OPEN:
            self._begin(CircuitState.HALF_OPEN)
        return Permit(self._period)

    def admits(self, now: float) -> bool:
        """Whether an attempt would be permitted."""
        if self._state is CircuitState.OPEN:
            return now >= self._open_until
        return self._state is CircuitState.CLOSED

    def succeeded(self, permit: Permit) -> None:
        """Report a success."""
        if permit.period != self._period:
            return
        self._failures = 0
        if self._state is CircuitState.HALF_OPEN:
            self._begin(CircuitState.CLOSED)

    def failed(self, permit: Permit, now: float) -> None:
        """Report that the endpoint is down."""
        if permit.period != self._period:
            return
        self._failures += 1
        if self._state is CircuitState.HALF_OPEN or self._failures >= self._failures_to_open:
            self._open_until = now + self._open_seconds
            self._begin(CircuitState.OPEN)

    def withdrawn(self, permit: Permit) -> None:
        """Report that an attempt says nothing about the endpoint; another may be the probe."""
        if permit.period == self._period and self._state is CircuitState.HALF_OPEN:
            self._begin(CircuitState.OPEN)

    def _begin(self, state: CircuitState) -> None:
        self._state = state
        self._period += 1
        self._failures = 0
