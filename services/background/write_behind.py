"""A write-behind buffer: values collect in memory and are written to the database in batches."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

import structlog

from db.connections.errors import DatabaseUnavailable
from services.background.periodic import run_periodically

_WRITE_SECONDS = 1.0
_log = structlog.get_logger("guidance.notes")


class Mergeable(Protocol):
    """A value that can be combined with a later one for the same key."""

    def merged(self, later: Self) -> Self:
        """Combine this value with a later one."""
        ...


K = TypeVar("K")
V = TypeVar("V", bound=Mergeable)


class WriteBehindBuffer(Generic[K, V]):
    """Values by key, written together about once a second; leaving the block writes the rest.

    If a write fails, the values stay in the buffer. The sizes of all keys add up to `capacity` at
    most (each counts as 1 unless `size` says otherwise); values of further keys are dropped.
    `name` is how the log and the metrics call the values.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[dict[K, V]], Awaitable[None]],
        *,
        capacity: int,
        size: Callable[[K], int] = lambda _: 1,
    ) -> None:
        self._name = name
        self._write = write
        self._capacity = capacity
        self._size = size
        self._values: dict[K, V] = {}
        self._used = 0

    async def __aenter__(self) -> Self:
        name = f"write_{self._name.replace(' ', '_')}"
        work = run_periodically(self.flush, name=name, every_seconds=_WRITE_SECONDS)
        self._flushing = asyncio.create_task(work)
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._flushing.cancel()
        await asyncio.wait([self._flushing])
        try:
            await self.flush()
        except DatabaseUnavailable as error:
            _log.warning(f"{self._name} are lost", number=len(self._values), reason=str(error))

    def pending(self, key: K) -> V | None:
        """The value of `key` that is not being written yet; the caller may change it."""
        return self._values.get(key)

    def add(self, key: K, value: V) -> None:
        """Add a value, merged with the one that the key already has."""
        pending = self._values.get(key)
        if pending is not None:
            self._values[key] = pending.merged(value)
            return
        size = self._size(key)
        if self._used + size <= self._capacity:
            self._values[key] = value
            self._used += size

    async def flush(self) -> None:
        """Write everything in the buffer."""
        batch, self._values, self._used = self._values, {}, 0
        if not batch:
            return
        try:
            await self._write(batch)
        except BaseException:
            newer, self._values = self._values, batch
            self._used = sum(map(self._size, batch))
            for key, value in newer.items():
                self.add(key, value)
            raise
