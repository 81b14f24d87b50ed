"""The retries of one call: whether to make another attempt, and after which wait."""

from collections.abc import Callable

import structlog

from clients.llm.configuration import RetryPolicy
from clients.llm.resilience.backoff import backoff_wait_seconds
from clients.llm.resilience.circuit_breaker import ModelCircuitBreaker
from clients.llm.resilience.retry_budget import RetryBudget
from clients.llm.response.failures import AttemptFailed
from metrics.generation import RETRIES_FORGONE, RETRY_BACKOFF, RETRY_BACKOFF_SECONDS

_log = structlog.get_logger("guidance.llm")


class Retries:
    """The retries of one call, which must end by `deadline` on the clock `seconds`.

    A model that refuses for want of capacity is not asked again where it `has_successor`.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        budget: RetryBudget,
        breaker: ModelCircuitBreaker,
        *,
        deadline: float,
        has_successor: bool,
        seconds: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._policy = policy
        self._budget = budget
        self._breaker = breaker
        self._deadline = deadline
        self._has_successor = has_successor
        self._seconds = seconds
        self._chance = chance
        self._made = 0
        self._waiting_since: float | None = None

    def next_wait(self, error: Exception) -> float | bool:
        """The seconds to wait before another attempt, or False to give up.

        This is a backoff hook of stamina, which waits exactly that long. A wait that would end
        after the deadline is not begun.
        """
        if not isinstance(error, AttemptFailed) or not error.is_retryable:
            return False
        if error.has_no_capacity and self._has_successor:
            return False
        now = self._seconds()
        wait = backoff_wait_seconds(
            self._policy,
            self._made + 1,
            retry_after_seconds=error.retry_after_seconds,
            chance=self._chance(),
        )
        if self._made >= self._policy.retry_count or wait >= self._deadline - now:
            return False
        if not self._breaker.admits(now) or not self._may_spend(now):
            return False
        self._made += 1
        self._waiting_since = now
        _log.info("the model is asked again", reason=error.reason.value, wait=round(wait, 3))
        return wait

    def record_wait(self) -> None:
        """Record the wait that has just ended, if there was one, even if it was cancelled."""
        if self._waiting_since is not None:
            RETRY_BACKOFF_SECONDS.observe(self._seconds() - self._waiting_since)
            RETRY_BACKOFF.inc()
            self._waiting_since = None

    def _may_spend(self, now: float) -> bool:
        is_allowed = self._budget.try_spend_retry(now)
        if not is_allowed:
            RETRIES_FORGONE.inc()
        return is_allowed
