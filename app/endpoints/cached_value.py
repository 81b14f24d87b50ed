"""One expensive value, cached briefly and computed once for concurrent callers."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")
DEFAULT_MAX_AGE_SECONDS = 1.0


class CachedValue(Generic[T]):
    """Caches the result of `find`, of which never two calls run at the same time.

    What `find` raises is raised to all who wait for that call, and is not cached.
    """

    def __init__(
        self, find: Callable[[], Awaitable[T]], *, max_age_seconds: float = DEFAULT_MAX_AGE_SECONDS
    ) -> None:
        self._find = find
        self._max_age_seconds = max_age_seconds
        self._finding: asyncio.Task[T] | None = None
        self._expires_at = 0.0

    async def get(self) -> T:
        """The value; cancelling one caller does not cancel the computation for the others."""
        finding = self._finding
        if finding is None or (finding.done() and monotonic() >= self._expires_at):
            finding = self._finding = asyncio.ensure_future(self._found())
        return await asyncio.shield(finding)

    async def _found(self) -> T:
        self._expires_at = 0.0
        found = await self._find()
        self._expires_at = monotonic() + self._max_age_seconds
        return found
