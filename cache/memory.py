"""Cache entries in the memory of one process."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from time import monotonic
from typing import Any, NamedTuple, TypeAlias

from aiocache import SimpleMemoryCache
from aiocache.serializers import NullSerializer

from cache.records import Entry, Fill

MOST_ENTRIES = 10_000


class _Lease(NamedTuple):
    token: bytes
    since: float


# Any: a value of the cache.
_Stored: TypeAlias = tuple[bytes, Any]


class _Payloads(SimpleMemoryCache):  # type: ignore[misc]  # it has no types
    """aiocache's memory cache, past its serializers, plugins and time-outs: we use none."""

    def peek(self, key: str) -> _Stored | None:
        """The token and the payload of a key; None if there is no entry."""
        found: _Stored | None = self._cache.get(key)
        return found

    async def put(self, key: str, stored: _Stored, ttl_seconds: float) -> None:
        """Store the token and the payload of a key."""
        await self._set(key, stored, ttl_seconds)


class MemoryStore:
    """A store in the memory of its process, of at most `most_entries` entries.

    aiocache stores the payloads, each with its token; a payload is valid only while the lease of
    its key has the same token. Leases are changed without awaiting, so no interleaving of reads,
    fills and invalidations can bring an old payload back.
    """

    def __init__(
        self,
        lifetime_seconds: float,
        *,
        most_entries: int = MOST_ENTRIES,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._lifetime_seconds = lifetime_seconds
        self._most_entries = most_entries
        self._clock = clock
        # Oldest first, so the first ones expire next.
        self._leases: OrderedDict[str, _Lease] = OrderedDict()
        self._payloads = _Payloads(serializer=NullSerializer(), timeout=None)
        self._numbers = count(1)

    def __len__(self) -> int:
        """How many entries there are, including expired ones that were not removed yet."""
        return len(self._leases)

    def peek(self, key: str) -> Entry | None:
        """The entry of a key."""
        return self._entry(key)

    async def read(self, keys: Sequence[str]) -> list[Entry | None]:
        """The entry of each key."""
        return [self.peek(key) for key in keys]

    async def lease(self, refused: Mapping[str, bytes]) -> list[Entry]:
        """The entry of each key, after leasing those that have none or a refused one."""
        entries = []
        for key, token in refused.items():
            entry = self._entry(key)
            if entry is None or entry.token == token:
                entry = self._lease(key)
            entries.append(entry)
        while len(self._leases) > self._most_entries:
            oldest, _ = self._leases.popitem(last=False)
            await self._payloads.delete(oldest)
        return entries

    async def fill(self, fills: Sequence[Fill]) -> int:
        """Store the values whose lease is still valid, and return how many."""
        stored_count = 0
        for fill in fills:
            remaining_seconds = self._remaining_seconds(fill)
            if remaining_seconds > 0:
                await self._payloads.put(fill.key, (fill.token, fill.payload), remaining_seconds)
                stored_count += 1
        return stored_count

    async def forget(self, keys: Sequence[str]) -> None:
        """Invalidate keys: remove their values and leases."""
        for key in keys:
            self._leases.pop(key, None)
        for key in keys:
            await self._payloads.delete(key)

    async def is_available(self) -> bool:
        """Memory is always available."""
        return True

    def _entry(self, key: str) -> Entry | None:
        lease = self._leases.get(key)
        if lease is None:
            return None
        age_seconds = self._clock() - lease.since
        if age_seconds >= self._lifetime_seconds:
            return None
        stored = self._payloads.peek(key)
        is_filled = stored is not None and stored[0] == lease.token
        return Entry(lease.token, stored[1] if stored and is_filled else None, age_seconds)

    def _lease(self, key: str) -> Entry:
        lease = _Lease(b"%d" % next(self._numbers), self._clock())
        self._leases[key] = lease
        self._leases.move_to_end(key)
        return Entry(lease.token, None, 0.0)

    def _remaining_seconds(self, fill: Fill) -> float:
        lease = self._leases.get(fill.key)
        if lease is None or lease.token != fill.token:
            return 0.0
        return lease.since + self._lifetime_seconds - self._clock()
