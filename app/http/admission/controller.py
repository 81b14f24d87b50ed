"""Decides whether to admit a request, by the queueing delay that it would have.

As in CoDel (Nichols and Jacobson, Controlling Queue Delay, ACM Queue 10(5), 2012) a standing delay
counts, not that of a burst: one over the target for a whole interval, or for very many requests.
"""

from asyncio import Future, get_running_loop
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import Any

import structlog

from app.http.admission.queue import AdmissionQueue, Begin, Refuse
from app.http.connections.proxies import Proxies
from metrics.admission import refused_for_overload
from services.throttling.networks import network

ADMISSION = "admission"
"""Key of the process's `AdmissionController` in the state that its requests share."""
UNCOUNTED = 2**31
"""Stands for the number of active requests where they are not counted."""
_CALM_INTERVALS = 5
"""How many intervals without delay end an overload, after which a burst is tolerated again."""
_log = structlog.get_logger("guidance.overload")


class NotAdmitted(Exception):
    """The server is overloaded, and this was not started."""


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """The target delay, and how long and for how many requests it may be exceeded."""

    target_seconds: float
    interval_seconds: float
    max_concurrent: int
    """Up to this many active requests everything is admitted."""
    burst: int = 250
    """How many requests may exceed the target within the first interval."""


class AdmissionController:
    """Refuses requests, or queues those that it admits.

    The client key is the network of a client's address; behind a trusted proxy it is that of the
    address which the proxy names.
    """

    def __init__(
        self,
        limits: AdmissionLimits,
        queue: AdmissionQueue,
        *,
        proxies: Proxies | None = None,
        seconds: Callable[[], float] = perf_counter,
    ) -> None:
        self.proxies = proxies or Proxies(())
        """The trusted proxies."""
        self._limits = limits
        self.queue = queue
        """Those that are admitted and not started."""
        self._seconds = seconds
        self._calm_seconds = _CALM_INTERVALS * limits.interval_seconds
        self.is_overloaded = False
        """Whether requests may be refused at the moment."""
        self._over_since = 0.0
        self._over_count = 0
        self._last_over = -inf
        self._refused = 0

    def is_idle(self, under_way: int) -> bool:
        """Whether a request is started at once, without admission.

        That is so with few active requests and an empty queue: then their number cannot be the
        reason for a delay.
        """
        return under_way <= self._limits.max_concurrent and not self.queue.lines.count

    def admits(self, client_key: str, under_way: int = UNCOUNTED) -> bool:
        """Whether to admit a request of this client, with `under_way` active requests."""
        return self.is_idle(under_way) or self.admits_busy(client_key)

    def admits_busy(self, client_key: str) -> bool:
        """Whether to admit a request of this client while the server is not idle."""
        limits = self._limits
        if not limits.target_seconds:
            return True
        now = self._seconds()
        delay = self.queue.delay()
        if delay < limits.target_seconds:
            self._over_count = 0
            if self.is_overloaded and now - self._last_over >= self._calm_seconds:
                self._end_overload()
        elif self._is_too_much(now, delay):
            own_delay = self.queue.expected_wait(client_key)
            if own_delay >= limits.target_seconds:
                self._refused += 1
                refused_for_overload(own_delay)
                return False
        return True

    def enter(self, begin: Begin, client_key: str) -> None:
        """Start an admitted request, at once or when it is its turn."""
        self.queue.enter(begin, client_key)

    def refuse(self, answer: Refuse) -> None:
        """Have a refusal sent, at once or after the earlier refusals."""
        self.queue.refuse(answer)

    async def refusal_turn(self) -> None:
        """Wait until a refusal may be sent."""
        turn: Future[None] = get_running_loop().create_future()
        self.refuse(lambda: None if turn.done() else turn.set_result(None))
        await turn

    async def turn(self, client_key: str) -> None:
        """Wait until an admitted request may start; raises `NotAdmitted` if that takes too long."""
        turn: Future[bool] = get_running_loop().create_future()
        self.enter(lambda is_begun: None if turn.done() else turn.set_result(is_begun), client_key)
        if not await turn:
            raise NotAdmitted

    def _is_too_much(self, now: float, delay: float) -> bool:
        """Whether a delay over the target is more than a burst."""
        interval = self._limits.interval_seconds
        if not self._over_count or now - self._last_over > interval:
            self._over_since, self._over_count = now, 0
        self._last_over = now
        self._over_count += 1
        is_burst = now - self._over_since < interval and self._over_count <= self._limits.burst
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
    """The server's controller, from the state of its requests; None if everything is admitted."""
    return state.get(ADMISSION)


def client_key_of(address: str | None) -> str:
    """The client key of an address: its network."""
    return network(address) if address else ""
