"""A circuit breaker: after a failure nobody asks, but for a probe in the background."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic

import structlog

from metrics.keyvalue import CircuitMetrics

PROBE_SECONDS = 0.1
_SETTLED_SECONDS = 1.0
"""How long a circuit must have been closed for the first probe to be made at once."""
_LONGEST_SECONDS = 3.0
"""How long a circuit that opens again and again is left open: Redis is asked again within 5 s."""
_log = structlog.get_logger("guidance.keyvalue")


class CircuitBreaker:
    """Open from a failure until `recover` has nothing more to say against closing it.

    `recover` says in a word why it is left open, or None; it never raises. A circuit that opens
    again as soon as it is closed, since what fails is not what is probed, is left open for longer
    each time. Each change of state is one line in the log, each reason to leave it open another,
    and the one at the end says for how long, and how often somebody had to do without.
    """

    def __init__(
        self,
        name: str,
        recover: Callable[[], Awaitable[str | None]],
        *,
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        self.is_open = True
        self._name = name
        self._recover = recover
        self._probe_seconds = probe_seconds
        self._metrics = CircuitMetrics(name)
        self._refused = 0
        self._changed_at = 0.0
        self._relapses = 0
        self._reasons: set[str] = set()
        self._probe: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Try once; where that fails, go on in the background."""
        reason = await self._recover()
        if reason is None:
            self._close()
        else:
            self._open(reason, self._probe_seconds)

    async def stop(self) -> None:
        """End the probe."""
        if self._probe is not None:
            self._probe.cancel()
            with suppress(asyncio.CancelledError):
                await self._probe

    def refuse(self) -> None:
        """Note that somebody was not served because it is open."""
        self._refused += 1

    def trip(self, reason: str) -> None:
        """Open it after a failure; harmless where it is open."""
        self._metrics.failed(reason)
        if not self.is_open:
            is_settled = monotonic() - self._changed_at > _SETTLED_SECONDS
            self._relapses = 0 if is_settled else self._relapses + 1
            seconds = self._probe_seconds * 2 ** (self._relapses - 1)
            self._open(reason, 0.0 if is_settled else min(seconds, _LONGEST_SECONDS))

    def _open(self, reason: str, first_seconds: float) -> None:
        self.is_open = True
        self._changed_at = monotonic()
        self._refused = 0
        self._metrics.state(is_open=True)
        self._reasons = {reason}
        _log.warning("circuit opened", circuit=self._name, reason=reason)
        self._probe = asyncio.create_task(self._probe_until_closed(first_seconds))

    def _close(self) -> None:
        open_seconds = monotonic() - self._changed_at
        self.is_open = False
        self._changed_at = monotonic()
        self._metrics.state(is_open=False)
        if self._probe is not None:
            _log.info(
                "circuit closed",
                circuit=self._name,
                open_seconds=round(open_seconds, 3),
                refused=self._refused,
            )

    async def _probe_until_closed(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            reason = await self._recover()
            if reason is None:
                self._close()
                return
            if reason not in self._reasons:
                self._reasons.add(reason)
                _log.warning("circuit stays open", circuit=self._name, reason=reason)
            seconds = self._probe_seconds
