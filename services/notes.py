"""What is noted in memory while requests are answered, and written behind their backs."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

import structlog

from db.unavailable import DatabaseUnavailable
from services.periodic import repeat

_WRITE_SECONDS = 1.0
_log = structlog.get_logger("guidance.notes")


class Mergeable(Protocol):
    """A note that can take up a later one of the same thing."""

    def merged(self, later: Self) -> Self:
        """Both together."""
        ...


K = TypeVar("K")
N = TypeVar("N", bound=Mergeable)


class Notes(Generic[K, N]):
    """Notes by key, written together about once a second; leaving writes the rest.

    Where writing fails they stay noted. At most `most` keys are noted at a time, or as many as have
    that `size` together; what comes beyond is not. The log calls them `what`.
    """

    def __init__(
        self,
        what: str,
        write: Callable[[dict[K, N]], Awaitable[None]],
        *,
        most: int,
        size: Callable[[K], int] = lambda _: 1,
    ) -> None:
        self._what = what
        self._write = write
        self._most = most
        self._size = size
        self._noted: dict[K, N] = {}
        self._held = 0

    async def __aenter__(self) -> Self:
        name = f"write_{self._what.replace(' ', '_')}"
        work = repeat(self.write, name=name, every_seconds=_WRITE_SECONDS)
        self._writing = asyncio.create_task(work)
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._writing.cancel()
        await asyncio.wait([self._writing])
        try:
            await self.write()
        except DatabaseUnavailable as error:
            _log.warning(f"{self._what} are lost", number=len(self._noted), reason=str(error))

    def noted(self, key: K) -> N | None:
        """What is noted of `key` and not being written yet; it may be changed."""
        return self._noted.get(key)

    def note(self, key: K, note: N) -> None:
        """Note it, together with what is noted of the same key."""
        known = self._noted.get(key)
        if known is not None:
            self._noted[key] = known.merged(note)
            return
        size = self._size(key)
        if self._held + size <= self._most:
            self._noted[key] = note
            self._held += size

    async def write(self) -> None:
        """Write what was noted."""
        noted, self._noted, self._held = self._noted, {}, 0
        if not noted:
            return
        try:
            await self._write(noted)
        except BaseException:
            since, self._noted = self._noted, noted
            self._held = sum(map(self._size, noted))
            for key, note in since.items():
                self.note(key, note)
            raise
