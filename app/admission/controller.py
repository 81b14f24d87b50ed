"""Whether what comes now is worked on, decided by how long it would have to wait to be begun.

As in CoDel (Nichols and Jacobson, Controlling Queue Delay, ACM Queue 10(5), 2012) a delay counts
that stays, not a burst's: one that was over the target for a whole interval, or for very many.
"""

from asyncio import Future, get_running_loop
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import Any

import structlog

from app.admission.queue import AdmissionQueue, Begin, Refuse
from app.connections.proxies import Proxies
from metrics.admission import refused_for_overload
from services.throttling.networks import network

ADMISSION = "admission"
"""The name, in the state that requests share, of the process's `AdmissionController`."""
MANY = 2**31
"""Of requests under way, where they are not counted."""
_CALM_INTERVALS = 5
"""For how long nobody may have had to wait before a burst is borne with again."""
_log = structlog.get_logger("guidance.overload")


class NotAdmitted(Exception):
    """There is too much to do for this to be begun."""


@dataclass(frozen=True, slots=True)
class AdmissionBounds:
    """How long others may wait, for how long or for how many that may last, and how few may."""

    target_seconds: float
    interval_seconds: float
    at_once: int
    """So many under way are never too many."""
    burst: int = 250
    """So many that have to wait too long are borne with, while that is new."""


class AdmissionController:
    """Refuses, or has what is admitted begun when it is its turn in the queue.

    An origin is the network of a client; behind a proxy of ours it is the one that the proxy names.
    """

    def __init__(
        self,
        bounds: AdmissionBounds,
        queue: AdmissionQueue,
        *,
        proxies: Proxies | None = None,
        seconds: Callable[[], float] = perf_counter,
    ) -> None:
        self.proxies = proxies or Proxies(())
        """Behind which many clients stand, each of whom they name."""
        self._bounds = bounds
        self._queue = queue
        self._seconds = seconds
        self._calm_seconds = _CALM_INTERVALS * bounds.interval_seconds
        self.is_overloaded = False
        """Whether anybody may be refused."""
        self._over_since = 0.0
        self._over_count = 0
        self._last_over = -inf
        self._refused = 0

    def is_idle(self, under_way: int) -> bool:
        """Whether what comes beside so many requests is begun at once, and not asked for.

        As many as are worked on at once do not wait for each other: what is slow then, is not
        their number.
        """
        return under_way <= self._bounds.at_once and not self._queue.lines.count

    def admits(self, origin: str, under_way: int = MANY) -> bool:
        """Whether to work on what comes now from there, beside so many that are under way."""
        bounds = self._bounds
        if not bounds.target_seconds or self.is_idle(under_way):
            return True
        now = self._seconds()
        delay = self._queue.delay()
        if delay < bounds.target_seconds:
            self._over_count = 0
            if self.is_overloaded and now - self._last_over >= self._calm_seconds:
                self._end_overload()
        elif self._is_too_much(now, delay):
            own_delay = self._queue.expected_wait(origin)
            if own_delay >= bounds.target_seconds:
                self._refused += 1
                refused_for_overload(own_delay)
                return False
        return True

    def enter(self, begin: Begin, origin: str) -> None:
        """Have what is admitted begun, at once or when it is its turn."""
        self._queue.enter(begin, origin)

    def refuse(self, answer: Refuse) -> None:
        """Have what is not admitted answered, at once or after those that were refused before."""
        self._queue.refuse(answer)

    async def turn_to_refuse(self) -> None:
        """Wait until what is not admitted may be answered."""
        turn: Future[None] = get_running_loop().create_future()
        self.refuse(lambda: None if turn.done() else turn.set_result(None))
        await turn

    async def turn(self, origin: str) -> None:
        """Wait until what is admitted may begin; raises `NotAdmitted` where that took too long."""
        turn: Future[bool] = get_running_loop().create_future()
        self.enter(lambda is_begun: None if turn.done() else turn.set_result(is_begun), origin)
        if not await turn:
            raise NotAdmitted

    def _is_too_much(self, now: float, delay: float) -> bool:
        """Whether a delay over the target is more than a burst's."""
        interval = self._bounds.interval_seconds
        if not self._over_count or now - self._last_over > interval:
            self._over_since, self._over_count = now, 0
        self._last_over = now
        self._over_count += 1
        is_burst = now - self._over_since < interval and self._over_count <= self._bounds.burst
        if not self.is_overloaded and not is_burst:
            self.is_overloaded = True
            _log.warning("overloaded", delay_ms=round(delay * 1000))
        return self.is_overloaded

    def _end_overload(self) -> None:
        _log.info("no longer overloaded", refused=self._refused)
        self.is_overloaded = False
        self._over_count = self._refused = 0


# Any: the state that requests share is a dictionary of anything.
def admission_of(state: dict[str, Any]) -> AdmissionController | None:
    """That of a server, in the state that its requests share; None where everything is admitted."""
    return state.get(ADMISSION)


def origin_of(address: str | None) -> str:
    """Where a client at `address` comes from."""
    return network(address) if address else ""
