"""A look at the store: values, and for what it does not have the leases to read it under."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, TypeVar

from cache.records import Entry, Store
from cache.shape import Shape
from cache.single_flight import SingleFlight
from metrics.cache import CacheMetrics

V = TypeVar("V")
_NOTHING = b""
_MOST_LOADED = 1_024


@dataclass(frozen=True, slots=True)
class Found(Generic[V]):
    """Values by id, and for every other id its lease, or None where none could be had."""

    values: dict[int, V] = field(default_factory=dict)
    leases: dict[int, bytes | None] = field(default_factory=dict)


class Lookup(Generic[V]):
    """Looks ids up in a store."""

    def __init__(
        self,
        store: Store,
        shape: Shape[V],
        flights: SingleFlight[V],
        metrics: CacheMetrics,
        key: Callable[[int], str],
    ) -> None:
        self._store = store
        # A payload that is served again need not be read again: values never change.
        self._load = lru_cache(_MOST_LOADED)(shape.load)
        self._flights = flights
        self._metrics = metrics
        self._key = key

    def at_hand(self, id_: int) -> V | None:
        """The value of an id, where nobody has to be asked for it."""
        entry = self._store.peek(self._key(id_))
        return None if entry is None else self._value(entry)

    async def find(self, ids: Sequence[int]) -> Found[V]:
        """Look ids up: one round trip, and one more where something is to be leased.

        Raises `StoreAway`.
        """
        found: Found[V] = Found()
        refused: dict[int, bytes] = {}
        entries = await self._store.read([self._key(id_) for id_ in ids])
        for id_, entry in zip(ids, entries, strict=True):
            if entry is None:
                refused[id_] = _NOTHING
            elif not self._serves(found, id_, entry):
                # A lease under which nobody here reads may have been filled in the meantime: the
                # store is asked again. Anything else that does not serve is to be replaced.
                refused[id_] = _NOTHING if entry.is_lease else entry.token
        if refused:
            await self._lease(found, refused)
        return found

    async def _lease(self, found: Found[V], refused: dict[int, bytes]) -> None:
        entries = await self._store.lease({self._key(id_): refused[id_] for id_ in refused})
        for id_, entry in zip(refused, entries, strict=True):
            if not self._serves(found, id_, entry):
                found.leases[id_] = entry.token if entry.is_lease else None

    def _serves(self, found: Found[V], id_: int, entry: Entry) -> bool:
        """Note the value of an entry, or that it is being read here, if either is so."""
        if entry.is_lease and (id_, entry.token) in self._flights:
            found.leases[id_] = entry.token
            return True
        value = self._value(entry)
        if value is None:
            return False
        found.values[id_] = value
        return True

    def _value(self, entry: Entry) -> V | None:
        """The value in an entry, if it may be served."""
        if not entry.is_trusted or entry.payload is None:
            return None
        value = self._load(entry.payload)
        if value is None:
            self._metrics.unreadable()
        else:
            self._metrics.hit(entry.age_seconds)
        return value
