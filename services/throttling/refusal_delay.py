"""A delay before refusals: it slows down clients that retry at once, and nobody else."""

import asyncio
from random import uniform

DELAY_SECONDS = 0.2
MOST_DELAYED = 1_000
"""How many refusals are delayed at a time, which bounds the memory they take."""


class RefusalDelay:
    """Delays refusals, unless too many are delayed already."""

    def __init__(self, *, seconds: float = DELAY_SECONDS, most: int = MOST_DELAYED) -> None:
        self._seconds = seconds
        self._most = most
        self._delayed = 0

    async def wait(self) -> None:
        """Wait for one to two times the delay, or not at all if too many wait.

        The random part keeps clients that were refused together from returning together.
        """
        if self._delayed >= self._most:
            return
        self._delayed += 1
        try:
            await asyncio.sleep(uniform(self._seconds, 2 * self._seconds))  # noqa: S311 - not for security
        finally:
            self._delayed -= 1
