"""A circuit breaker: after a failure, only a probe in the background asks Redis."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic

import structlog

from metrics.keyvalue import CircuitMetrics

PROBE_SECONDS = 0.1
_STABLE_SECONDS = 1.0
"""If the circuit was closed for this long, the first probe is made at once."""
_LONGEST_OPEN_SECONDS = 3.0
"""The longest wait before a probe if the circuit keeps opening: Redis is asked within 5 s."""
_log = structlog.get_logger("guidance.keyvalue")


class CircuitBreaker:
    """Open from a failure until `recover` succeeds.

    `recover` returns None if the circuit can be closed, else the reason in a word; it never raises.
    If the circuit opens again soon after closing, because the failing operation is not the one that
    is probed, the wait before the next probe is doubled. The log has a line for each change of
    state and for each new reason; the last line has the duration and the number of refused calls.
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
        self._reopenings = 0
        self._reasons: set[str] = set()
        self._probe: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Try to recover once; if that fails, continue in the background."""
        reason = await self._recover()
        if reason is None:
            self._close()
        else:
            self._open(reason, self._probe_seconds)

    async def stop(self) -> None:
        """Stop the probe."""
        if self._probe is not None:
            self._probe.cancel()
            with suppress(asyncio.CancelledError):
                await self._probe
        self._metrics.state(is_open=False)

    def refuse(self) -> None:
        """Count a call that was refused because the circuit is open."""
        self._refused += 1

    def trip(self, reason: str) -> None:
        """Open the circuit after a failure; no effect if it is open."""
        self._metrics.failed(reason)
        if not self.is_open:
            was_stable = monotonic() - self._changed_at > _STABLE_SECONDS
            self._reopenings = 0 if was_stable else self._reopenings + 1
            seconds = self._probe_seconds * 2 ** (self._reopenings - 1)
            self._open(reason, 0.0 if was_stable else min(seconds, _LONGEST_OPEN_SECONDS))

    def _open(self, reason: str, wait_seconds: float) -> None:
        self.is_open = True
        self._changed_at = monotonic()
        self._refused = 0
        self._metrics.state(is_open=True)
        self._reasons = {reason}
        _log.warning("circuit opened", circuit=self._name, reason=reason)
        self._probe = asyncio.create_task(self._probe_until_closed(wait_seconds))

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

    async def _probe_until_closed(self, wait_seconds: float) -> None:
        while True:
            await asyncio.sleep(wait_seconds)
            reason = await self._recover()
            if reason is None:
                self._close()
                return
            if reason not in self._reasons:
                self._reasons.add(reason)
                _log.warning("circuit stays open", circuit=self._name, reason=reason)
            wait_seconds = self._probe_seconds
