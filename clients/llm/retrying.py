"""Between the attempts of one call: whether to make another, and how long was really waited."""

from collections.abc import Callable

import structlog

from clients.llm.backoff import wait_seconds
from clients.llm.breaker import Breaker
from clients.llm.budget import RetryBudget
from clients.llm.configuration import RetryPolicy
from clients.llm.failures import AttemptFailed
from metrics.generation import RETRIES_FORGONE, RETRY_BACKOFF, RETRY_BACKOFF_SECONDS

_log = structlog.get_logger("guidance.llm")


class Retries:
    """The retries of one call, which must be over at `deadline` by the clock `seconds`."""

    def __init__(
        self,
        policy: RetryPolicy,
        budget: RetryBudget,
        breaker: Breaker,
        *,
        deadline: float,
        seconds: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._policy = policy
        self._budget = budget
        self._breaker = breaker
        self._deadline = deadline
        self._seconds = seconds
        self._chance = chance
        self._made = 0
        self._asleep_since: float | None = None

    def wait_after(self, error: Exception) -> float | bool:
        """The seconds to sleep before another attempt, or False to give up.

        This is a backoff hook of stamina, which sleeps for exactly what a hook says. A wait that
        would outlast the deadline is not begun.
        """
        if not isinstance(error, AttemptFailed) or not error.is_retryable:
            return False
        now = self._seconds()
        wait = wait_seconds(
            self._policy,
            self._made + 1,
            asked_seconds=error.retry_after_seconds,
            chance=self._chance(),
        )
        if self._made >= self._policy.retry_count or wait >= self._deadline - now:
            return False
        if not self._breaker.admits(now) or not self._may_spend(now):
            return False
        self._made += 1
        self._asleep_since = now
        _log.info("the model is asked again", reason=error.reason.value, wait=round(wait, 3))
        return wait

    def awoke(self) -> None:
        """Record the sleep that is over, if there was one; call it however the sleep ended."""
        if self._asleep_since is not None:
            RETRY_BACKOFF_SECONDS.observe(self._seconds() - self._asleep_since)
            RETRY_BACKOFF.inc()
            self._asleep_since = None

    def _may_spend(self, now: float) -> bool:
        is_left = self._budget.take_retry(now)
        if not is_left:
            RETRIES_FORGONE.inc()
        return is_left
