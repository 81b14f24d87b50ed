"""A timer for the expiry of a credential."""

import asyncio
from collections.abc import Callable
from contextvars import Context

from services.clock import Clock

# Checked at least this often: after a suspension the event loop's clock may be behind.
_CHECK_SECONDS = 600.0


class CredentialExpiry:
    """Calls `expired` once, at `expires_at` in Unix seconds, unless it is cancelled before."""

    __slots__ = ("_clock", "_expired", "_expires_at", "_timer")

    def __init__(self, expires_at: float, clock: Clock, expired: Callable[[], None]) -> None:
        self._expires_at = expires_at
        self._clock = clock
        self._expired = expired
        self._check()

    def cancel(self) -> None:
        """Cancel the timer."""
        self._timer.cancel()

    def _check(self) -> None:
        left = self._expires_at - self._clock().timestamp()
        loop = asyncio.get_running_loop()
        if left <= 0:
            self._timer: asyncio.Handle = loop.call_soon(self._expired, context=Context())
        else:
            wait = min(left, _CHECK_SECONDS)
            self._timer = loop.call_later(wait, self._check, context=Context())
