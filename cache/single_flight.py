"""One read of the database at a time for each version of a key, whatever the store does."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

V = TypeVar("V")
Read: TypeAlias = Callable[[Sequence[int]], Awaitable[Sequence[V]]]
"""Reads the values of ids, in their order."""
Ticket: TypeAlias = tuple[int, bytes]
"""An id, and the lease under which its value is read."""
Keep: TypeAlias = Callable[[Mapping[Ticket, V]], Awaitable[None]]
_LINGER_SECONDS = 0.5
"""Longer than a store is waited for: whoever waited for it still finds the read."""


class _Load(Generic[V]):
    """One read of one id; `number` counts the reads of the database of this process."""

    __slots__ = ("future", "number")

    def __init__(self) -> None:
        self.future: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self.number: int | None = None

    def began_after(self, number: int) -> bool:
        """Whether it began after the read with that number, or is yet to begin."""
        return self.number is None or self.number > number


class SingleFlight(Generic[V]):
    """The reads of the database that are under way in this process, each a task of its own.

    Whoever found a lease in the store may share the read made under it, since it began after the
    lease. Whoever comes after an invalidation finds another lease, and shares nothing older. Where
    the store gives no lease, an id is read once at a time, and a read is shared only by those who
    asked before it began, so that nobody gets a value older than their question. Those who wait
    get their values first; then `keep` is called with them.
    """

    def __init__(self, keep: Keep[V]) -> None:
        self._keep = keep
        self._by_lease: dict[Ticket, _Load[V]] = {}
        self._newest: dict[int, _Load[V]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.reads_started = 0
        """How many reads have started: whoever asks notes it first, and passes it on as `since`."""

    def __contains__(self, ticket: Ticket) -> bool:
        """Whether that is being read."""
        return ticket in self._by_lease

    async def read(
        self, leases: Mapping[int, bytes | None], read: Read[V], *, since: int
    ) -> dict[int, V]:
        """The values of ids: of some from a read under way, of the others from one call of `read`.

        Without a lease a value is not kept. One who stops waiting disturbs nobody.
        """
        await self._wait_for_older(leases, since)
        loads = {
            id_: load
            for id_, token in leases.items()
            if (load := self._shared(id_, token, since)) is not None
        }
        own = {id_: token for id_, token in leases.items() if id_ not in loads}
        if own:
            loads |= self._start(own, read)
        return {id_: await asyncio.shield(load.future) for id_, load in loads.items()}

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _wait_for_older(self, leases: Mapping[int, bytes | None], since: int) -> None:
        """Wait for the reads of ids without a lease that are under way and cannot be shared."""
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
        """Give the read that one who asked then, and found that lease, may share."""
        if token is not None:
            return self._by_lease.get((id_, token))
        load = self._newest.get(id_)
        return load if load is not None and load.began_after(since) else None

    def _start(self, leases: Mapping[int, bytes | None], read: Read[V]) -> dict[int, _Load[V]]:
        loads: dict[int, _Load[V]] = {id_: _Load() for id_ in leases}
        tickets = {id_: (id_, token) for id_, token in leases.items() if token is not None}
        self._newest |= loads
        self._by_lease |= {ticket: loads[id_] for id_, ticket in tickets.items()}
        task = asyncio.create_task(self._load(loads, tickets, read))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return loads

    async def _load(
        self, loads: Mapping[int, _Load[V]], tickets: Mapping[int, Ticket], read: Read[V]
    ) -> None:
        self.reads_started += 1
        for load in loads.values():
            load.number = self.reads_started
        try:
            values = dict(zip(loads, await read(list(loads)), strict=True))
        except BaseException as error:  # noqa: BLE001 - also being cancelled is for those who wait
            self._forget(loads, tickets.values())
            for load in loads.values():
                _fail(load.future, error)
            return
        for id_, load in loads.items():
            load.future.set_result(values[id_])
        try:
            if tickets:
                await self._keep({ticket: values[id_] for id_, ticket in tickets.items()})
        finally:
            # An answer that the store gave before it had the value may still be on its way to one
            # who will look for the read.
            loop = asyncio.get_running_loop()
            loop.call_later(_LINGER_SECONDS, self._forget, loads, tuple(tickets.values()))

    def _forget(self, loads: Mapping[int, _Load[V]], tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            self._by_lease.pop(ticket, None)
        for id_, load in loads.items():
            if self._newest.get(id_) is load:
                del self._newest[id_]


def _fail(future: asyncio.Future[V], error: BaseException) -> None:
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
    else:
        future.set_exception(error)
        # Nobody may be waiting any more, which is no reason for a line in the log.
        future.exception()
