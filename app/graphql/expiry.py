"""Waiting for a credential to end."""

import asyncio

from services.clock import Clock

# Asked again at least this often: a machine that slept has lost time.
_CHECK_SECONDS = 600.0


async def until_expired(expires_at: float | None, clock: Clock) -> None:
    """Wait for an instant, in Unix seconds; for ever where there is none."""
    while True:
        left = _CHECK_SECONDS if expires_at is None else expires_at - clock().timestamp()
        if left <= 0:
            return
        await asyncio.sleep(min(left, _CHECK_SECONDS))
