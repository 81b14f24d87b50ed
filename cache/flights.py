"""One read of the database at a time for each version of a key."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

V = TypeVar("V")
Read: TypeAlias = Callable[[Sequence[int]], Awaitable[Sequence[V]]]
"""Reads the values of ids, in their order."""
Ticket: TypeAlias = tuple[int, bytes]
"""An id, and the lease under which its value is read."""
Keep: TypeAlias = Callable[[Mapping[Ticket, V]], Awaitable[None]]
_LINGER_SECONDS = 0.25


class Flights(Generic[V]):
    """The reads that are under way in this process, each a task of its own.

    Whoever found a lease in the store may share the read made under it, which began after the
    lease did. One who comes after an invalidation finds another lease, and shares nothing older.
    `keep` is given what was read, after those who wait for it.
    """

    def __init__(self, keep: Keep[V]) -> None:
        self._keep = keep
        self._flights: dict[Ticket, asyncio.Future[V]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __contains__(self, ticket: Ticket) -> bool:
        """Whether that is being read."""
        return ticket in self._flights

    async def read(self, leases: Mapping[int, bytes | None], read: Read[V]) -> dict[int, V]:
        """The values of ids: of some from a read under way, of the others from one call of `read`.

        Without a lease a value is neither shared nor kept. One who stops waiting disturbs nobody.
        """
        futures = {
            id_: self._flights[id_, token]
            for id_, token in leases.items()
            if token is not None and (id_, token) in self._flights
        }
        own = {id_: token for id_, token in leases.items() if id_ not in futures}
        if own:
            futures |= self._depart(own, read)
        return {id_: await asyncio.shield(future) for id_, future in futures.items()}

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _depart(
        self, leases: Mapping[int, bytes | None], read: Read[V]
    ) -> dict[int, asyncio.Future[V]]:
        loop = asyncio.get_running_loop()
        futures: dict[int, asyncio.Future[V]] = {id_: loop.create_future() for id_ in leases}
        tickets = {id_: (id_, token) for id_, token in leases.items() if token is not None}
        self._flights |= {ticket: futures[id_] for id_, ticket in tickets.items()}
        task = asyncio.create_task(self._fly(futures, tickets, read))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return futures

    async def _fly(
        self,
        futures: Mapping[int, asyncio.Future[V]],
        tickets: Mapping[int, Ticket],
        read: Read[V],
    ) -> None:
        try:
            values = dict(zip(futures, await read(list(futures)), strict=True))
        except BaseException as error:  # noqa: BLE001 - also being cancelled is for those who wait
            self._forget(tickets.values())
            for future in futures.values():
                _fail(future, error)
            return
        for id_, future in futures.items():
            future.set_result(values[id_])
        try:
            await self._keep({ticket: values[id_] for id_, ticket in tickets.items()})
        finally:
            # An answer that the store gave before it had the value may still be on its way to one
            # who will look for the read.
            loop = asyncio.get_running_loop()
            loop.call_later(_LINGER_SECONDS, self._forget, tuple(tickets.values()))

    def _forget(self, tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            self._flights.pop(ticket, None)


def _fail(future: asyncio.Future[V], error: BaseException) -> None:
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
    else:
        future.set_exception(error)
        # Nobody may be waiting any more, which is no reason for a line in the log.
        future.exception()
