"""What is dear to find out, and good for a moment: found out once, for all who ask meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")
GOOD_FOR_SECONDS = 1.0


class Recent(Generic[T]):
    """Gives what `find` found a moment ago at most; it is never asked twice at a time.

    What it raises is raised to all who wait, and kept for nobody else.
    """

    def __init__(
        self, find: Callable[[], Awaitable[T]], *, good_for_seconds: float = GOOD_FOR_SECONDS
    ) -> None:
        self._find = find
        self._good_for_seconds = good_for_seconds
        self._finding: asyncio.Task[T] | None = None
        self._good_until = 0.0

    async def get(self) -> T:
        """What was found; whoever goes away meanwhile ends it for nobody."""
        finding = self._finding
        if finding is None or (finding.done() and monotonic() >= self._good_until):
            finding = self._finding = asyncio.ensure_future(self._found())
        return await asyncio.shield(finding)

    async def _found(self) -> T:
        self._good_until = 0.0
        found = await self._find()
        self._good_until = monotonic() + self._good_for_seconds
        return found
