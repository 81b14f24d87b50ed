"""A cache of values by id: a read that starts after an invalidation never returns an older value.

A read asks the store. An id that the store does not have is leased before the database is read, and
its value is stored only while that lease is valid. An invalidation removes value and lease, so a
slow read cannot put an old value back. If a value or a lease is lost, the value is read again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from cache.lookup import IsCurrent, Lookup, LookupResult
from cache.records import Fill, Store, StoreUnavailable
from cache.serializer import ValueForm
from cache.single_flight import LeasedId, Read, SingleFlight
from metrics.cache import CacheMetrics

V = TypeVar("V")


class VersionedCache(Generic[V]):
    """The cache `name` over a store; if not `is_on`, it neither reads nor fills the store.

    It always invalidates, for other instances where the cache is on. A value changes without an
    invalidation only when `is_current` says so, by the clock: then it is read again.
    """

    def __init__(
        self,
        store: Store,
        form: ValueForm[V],
        metrics: CacheMetrics,
        *,
        name: str,
        is_on: bool = True,
        is_current: IsCurrent[V] | None = None,
    ) -> None:
        self._store = store
        self._form = form
        self._metrics = metrics
        self._name = name
        self._is_on = is_on
        self._single_flight: SingleFlight[V] = SingleFlight(self._fill)
        self._lookup: Lookup[V] = Lookup(
            store, form, self._single_flight, metrics, self._key, is_current
        )
        self._invalidations: set[asyncio.Task[None]] = set()

    def get_if_cached(self, id_: int) -> V | None:
        """The value that `get` would return for an id, if it is known without awaiting."""
        return self._lookup.get_if_cached(id_) if self._is_on else None

    async def get(self, ids: Sequence[int], read: Read[V]) -> list[V]:
        """The values of distinct ids, in their order.

        Ids that are not cached take one call of `read`, shared with concurrent callers. It must
        read the primary database, as a replica may be older than an invalidation. Only errors of
        `read` are raised, never those of the store.
        """
        if not self._is_on:
            return list(await read(ids))
        since = self._single_flight.reads_started
        found = await self._find(ids)
        if not found.leases:
            return [found.values[id_] for id_ in ids]
        values = found.values | await self._single_flight.read(found.leases, read, since=since)
        return [values[id_] for id_ in ids]

    async def invalidate(self, ids: Sequence[int]) -> None:
        """Call it after the commit: no read that starts afterwards returns an older value.

        While a shared store is away, that holds for this process only; others may serve older
        values until they expire. Continues if the caller is cancelled, and does not raise.
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
        return "ok" if await self._store.is_available() else "degraded"

    async def close(self) -> None:
        """Finish the invalidations in progress, and cancel the reads."""
        await asyncio.gather(*self._invalidations)
        await self._single_flight.close()

    async def _find(self, ids: Sequence[int]) -> LookupResult[V]:
        """What the store has for ids; neither values nor leases while it is unavailable."""
        try:
            found = await self._lookup.find(ids)
        except StoreUnavailable:
            self._metrics.bypassed(len(ids))
            return LookupResult(leases=dict.fromkeys(ids))
        if found.leases:
            self._metrics.missed(len(found.leases))
        return found

    async def _fill(self, values: Mapping[LeasedId, V]) -> None:
        fills = [
            Fill(self._key(id_), token, self._form.dump(value))
            for (id_, token), value in values.items()
        ]
        try:
            stored = await self._store.fill(fills)
        except StoreUnavailable:
            stored = 0
        self._metrics.filled(stored, of=len(fills))

    def _key(self, id_: int) -> str:
        return f"guidance:{self._name}:{id_}"
