"""What was noted is added up four times a second, and Prometheus is told of it every second.

By workers whom it does not ask, too.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from metrics.observations import Observations

_ADDED_UP_SECONDS = 0.25
_TOLD_AT = 4


@asynccontextmanager
async def told_regularly(observations: Observations) -> AsyncIterator[None]:
    """Tell of `observations` every second, and of the last ones when the block is left."""
    telling = asyncio.ensure_future(_tell(observations))
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
        observations.tell()


async def _tell(observations: Observations) -> None:
    while True:
        for _ in range(_TOLD_AT):
            await asyncio.sleep(_ADDED_UP_SECONDS)
            observations.add_up()
        observations.tell()
