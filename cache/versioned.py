"""Values by id, cached so that no read that starts after an invalidation gives an older one.

A read asks the store. What the store does not have is leased: the lease is a version of the key,
taken before the database is read, and the value is kept only while the lease stands. An
invalidation takes value and lease away. So a slow read cannot put an old value back, wherever and
whenever it ends; and where a lease or a value is lost, it is read again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from cache.lookup import Found, Lookup
from cache.records import Fill, Store, StoreAway
from cache.shape import Shape
from cache.single_flight import Read, SingleFlight, Ticket
from metrics.cache import CacheMetrics

V = TypeVar("V")


class VersionedCache(Generic[V]):
    """The cache `name` over a store; when not `is_on` it neither reads nor fills.

    It invalidates in any case, for the sake of instances where it is on.
    """

    def __init__(
        self, store: Store, shape: Shape[V], metrics: CacheMetrics, *, name: str, is_on: bool = True
    ) -> None:
        self._store = store
        self._shape = shape
        self._metrics = metrics
        self._name = name
        self._is_on = is_on
        self._flights: SingleFlight[V] = SingleFlight(self._keep)
        self._lookup: Lookup[V] = Lookup(store, shape, self._flights, metrics, self._key)
        self._invalidations: set[asyncio.Task[None]] = set()

    def at_hand(self, id_: int) -> V | None:
        """The value of an id as `get` gives it, where that can be had without awaiting anything."""
        return self._lookup.at_hand(id_) if self._is_on else None

    async def get(self, ids: Sequence[int], read: Read[V]) -> list[V]:
        """Give the values of distinct ids, in their order.

        What is not cached takes one call of `read`, which must read the primary database: a
        replica may be older than an invalidation. Whatever the store does, only `read` can fail,
        and those who ask at the same time share what it reads.
        """
        if not self._is_on:
            return list(await read(ids))
        since = self._flights.reads_started
        found = await self._find(ids)
        if not found.leases:
            return [found.values[id_] for id_ in ids]
        values = found.values | await self._flights.read(found.leases, read, since=since)
        return [values[id_] for id_ in ids]

    async def invalidate(self, ids: Sequence[int]) -> None:
        """Call it after the commit: no read that starts after this gives a value from before it.

        While a shared store is away, that holds for this process, and others may serve what they
        have for its lifetime. Goes on when the caller is cancelled. Does not raise.
        """
        if not ids:
            return
        task = asyncio.create_task(self._store.forget([self._key(id_) for id_ in ids]))
        self._invalidations.add(task)
        task.add_done_callback(self._invalidations.discard)
        await asyncio.shield(task)

    async def state(self) -> str:
        """`ok`, `off`, or `degraded` while the database has to answer in place of the store."""
        if not self._is_on:
            return "off"
        return "ok" if await self._store.is_here() else "degraded"

    async def close(self) -> None:
        """Finish the invalidations that are under way, and give up the reads."""
        await asyncio.gather(*self._invalidations)
        await self._flights.close()

    async def _find(self, ids: Sequence[int]) -> Found[V]:
        """What the store has of ids; nothing, and no leases either, while it is away."""
        try:
            found = await self._lookup.find(ids)
        except StoreAway:
            self._metrics.bypassed(len(ids))
            return Found(leases=dict.fromkeys(ids))
        if found.leases:
            self._metrics.missed(len(found.leases))
        return found

    async def _keep(self, values: Mapping[Ticket, V]) -> None:
        fills = [
            Fill(self._key(id_), token, self._shape.dump(value))
            for (id_, token), value in values.items()
        ]
        try:
            kept = await self._store.fill(fills)
        except StoreAway:
            kept = 0
        self._metrics.filled(kept, of=len(fills))

    def _key(self, id_: int) -> str:
        return f"guidance:{self._name}:{id_}"
