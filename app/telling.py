"""Prometheus is told of statements every second, by workers whom it does not ask too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from metrics.methods import Methods

_EVERY_SECONDS = 1.0


@asynccontextmanager
async def told_regularly(methods: Methods) -> AsyncIterator[None]:
    """Tell of `methods` every second, and of the last ones when the block is left."""
    telling = asyncio.ensure_future(_tell(methods))
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
        methods.tell()


async def _tell(methods: Methods) -> None:
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        methods.tell()
