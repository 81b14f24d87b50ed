"""Sharing reads of the database: one at a time for each version of a key."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

V = TypeVar("V")
Read: TypeAlias = Callable[[Sequence[int]], Awaitable[Sequence[V]]]
"""Reads the values of ids, in their order."""
LeasedId: TypeAlias = tuple[int, bytes]
"""An id, and the lease under which its value is read."""
StoreValues: TypeAlias = Callable[[Mapping[LeasedId, V]], Awaitable[None]]
_LINGER_SECONDS = 0.5
"""Longer than the time-out of a store: a caller that waited for the store still finds the read."""


class _Load(Generic[V]):
    """The read of one id; `number` is its place among the database reads of this process."""

    __slots__ = ("future", "number")

    def __init__(self) -> None:
        self.future: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self.number: int | None = None

    def began_after(self, number: int) -> bool:
        """Whether it began after the read with this number, or has not begun yet."""
        return self.number is None or self.number > number


class SingleFlight(Generic[V]):
    """The database reads that are in progress in this process, each in a task of its own.

    A caller that found a lease in the store shares the read made under it, since that read began
    after the lease. A caller after an invalidation finds a different lease, and shares no older
    read. If the store gives no lease, an id is read once at a time, and only callers that asked
    before the read began share it, so nobody gets a value older than their question. The callers
    get their values first; then `store_values` is called with them.
    """

    def __init__(self, store_values: StoreValues[V]) -> None:
        self._store_values = store_values
        self._by_lease: dict[LeasedId, _Load[V]] = {}
        self._newest: dict[int, _Load[V]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.reads_started = 0
        """How many reads have started; callers read it before the store, and pass it as `since`."""

    def __contains__(self, leased_id: LeasedId) -> bool:
        """Whether the id is being read under this lease."""
        return leased_id in self._by_lease

    async def read(
        self, leases: Mapping[int, bytes | None], read: Read[V], *, since: int
    ) -> dict[int, V]:
        """The values of ids, from reads in progress and one call of `read` for the others.

        A value without a lease is not stored. Cancelling one caller does not affect the others.
        """
        if None in leases.values():
            await self._wait_for_older(leases, since)
        loads: dict[int, _Load[V]] = {}
        own: dict[int, bytes | None] = {}
        for id_, token in leases.items():
            load = self._shared(id_, token, since)
            if load is None:
                own[id_] = token
            else:
                loads[id_] = load
        if own:
            loads |= self._start(own, read)
        return {id_: await _value_of(load.future) for id_, load in loads.items()}

    async def close(self) -> None:
        """Cancel the reads in progress."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _wait_for_older(self, leases: Mapping[int, bytes | None], since: int) -> None:
        """Wait for reads in progress of ids without a lease that must not be shared."""
        older = [
            load.future
            for id_, token in leases.items()
            if token is None
            and (load := self._newest.get(id_)) is not None
            and not (load.future.done() or load.began_after(since))
        ]
        if older:
            await asyncio.wait(older)

    def _shared(self, id_: int, token: bytes | None, since: int) -> _Load[V] | None:
        """The read that a caller may share, who asked at `since` and found this lease."""
        if token is not None:
            return self._by_lease.get((id_, token))
        load = self._newest.get(id_)
        return load if load is not None and load.began_after(since) else None

    def _start(self, leases: Mapping[int, bytes | None], read: Read[V]) -> dict[int, _Load[V]]:
        loads: dict[int, _Load[V]] = {id_: _Load() for id_ in leases}
        leased_ids = {id_: (id_, token) for id_, token in leases.items() if token is not None}
        self._newest |= loads
        self._by_lease |= {leased_id: loads[id_] for id_, leased_id in leased_ids.items()}
        task = asyncio.create_task(self._load(loads, leased_ids, read))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return loads

    async def _load(
        self, loads: Mapping[int, _Load[V]], leased_ids: Mapping[int, LeasedId], read: Read[V]
    ) -> None:
        self.reads_started += 1
        for load in loads.values():
            load.number = self.reads_started
        try:
            values = dict(zip(loads, await read(list(loads)), strict=True))
        except BaseException as error:  # noqa: BLE001 - a cancellation is passed on to the callers too
            self._forget(loads, leased_ids.values())
            for load in loads.values():
                _fail(load.future, error)
            return
        for id_, load in loads.items():
            load.future.set_result(values[id_])
        try:
            if leased_ids:
                await self._store_values(
                    {leased_id: values[id_] for id_, leased_id in leased_ids.items()}
                )
        finally:
            # A caller may still be waiting for an answer that the store gave before it had the
            # value, and will then look for this read.
            loop = asyncio.get_running_loop()
            loop.call_later(_LINGER_SECONDS, self._forget, loads, tuple(leased_ids.values()))

    def _forget(self, loads: Mapping[int, _Load[V]], leased_ids: Iterable[LeasedId]) -> None:
        for leased_id in leased_ids:
            self._by_lease.pop(leased_id, None)
        for id_, load in loads.items():
            if self._newest.get(id_) is load:
                del self._newest[id_]


async def _value_of(future: asyncio.Future[V]) -> V:
    """The result of a future that others await too: cancelling this does not cancel it."""
    if not future.done():
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda _: None if woken.done() else woken.set_result(None))
        await woken
    return future.result()


def _fail(future: asyncio.Future[V], error: BaseException) -> None:
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
    else:
        future.set_exception(error)
        # Retrieved here, so asyncio does not log it if no caller is left.
        future.exception()
