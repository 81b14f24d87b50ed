"""Flushes buffered observations to the Prometheus collectors, four times a second."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from metrics.observations import Observations

_EVERY_SECONDS = 0.25
"""Short, so that each flush is short too."""


@asynccontextmanager
async def flushing_periodically(observations: Observations) -> AsyncIterator[None]:
    """Flush `observations` periodically while the block runs, and once more at its end."""
    flushing = asyncio.ensure_future(_flush_forever(observations))
    try:
        yield
    finally:
        flushing.cancel()
        with suppress(asyncio.CancelledError):
            await flushing
        observations.flush()


async def _flush_forever(observations: Observations) -> None:
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        observations.flush()
