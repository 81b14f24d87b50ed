"""Prometheus is told of what was noted four times a second, by workers whom it does not ask too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from metrics.observations import Observations

_EVERY_SECONDS = 0.25
"""So soon that what has come together since is told of in a moment."""


@asynccontextmanager
async def told_regularly(observations: Observations) -> AsyncIterator[None]:
    """Tell of `observations` regularly, and of the last ones when the block is left."""
    telling = asyncio.ensure_future(_tell(observations))
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
        observations.flush()


async def _tell(observations: Observations) -> None:
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        observations.flush()
