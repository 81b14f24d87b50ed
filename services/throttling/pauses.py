"""Pauses before answers that refuse: who asks again at once is slowed by that, and nobody else."""

import asyncio
from random import uniform

PAUSE_SECONDS = 0.2
MOST_PAUSES = 1_000
"""How many answers are held back at once; what a pause keeps of them is little, and bounded."""


class Pauses:
    """Holds answers back, as long as not too many are already."""

    def __init__(self, *, seconds: float = PAUSE_SECONDS, most: int = MOST_PAUSES) -> None:
        self._seconds = seconds
        self._most = most
        self._held = 0

    async def hold_back(self) -> None:
        """Wait for the pause, or up to twice as long; not at all where too many wait.

        So those who were refused together do not come back together.
        """
        if self._held >= self._most:
            return
        self._held += 1
        try:
            await asyncio.sleep(uniform(self._seconds, 2 * self._seconds))  # noqa: S311 - it guards nothing
        finally:
            self._held -= 1
