"""Looking ids up in the store: values, and leases for those that have to be read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from cache.records import Entry, Store
from cache.serializer import ValueForm
from cache.single_flight import SingleFlight
from metrics.cache import CacheMetrics

V = TypeVar("V")
IsCurrent: TypeAlias = Callable[[V], bool]
_NO_TOKEN = b""


@dataclass(frozen=True, slots=True)
class LookupResult(Generic[V]):
    """Values by id, and for every other id its lease; None if it could not be leased."""

    values: dict[int, V] = field(default_factory=dict)
    leases: dict[int, bytes | None] = field(default_factory=dict)


class Lookup(Generic[V]):
    """Looks up ids in a store; a value that is not current, if that can be told, is read anew."""

    def __init__(
        self,
        store: Store,
        form: ValueForm[V],
        single_flight: SingleFlight[V],
        metrics: CacheMetrics,
        key: Callable[[int], str],
        is_current: IsCurrent[V] | None = None,
    ) -> None:
        self._store = store
        self._load = form.load
        self._single_flight = single_flight
        self._metrics = metrics
        self._key = key
        self._is_current = is_current

    def get_if_cached(self, id_: int) -> V | None:
        """The value of an id, if it is known without awaiting."""
        entry = self._store.peek(self._key(id_))
        return None if entry is None else self._value(entry)

    async def find(self, ids: Sequence[int]) -> LookupResult[V]:
        """Look up ids: one round trip, and another one if leases are needed.

        Raises `StoreUnavailable`.
        """
        found: LookupResult[V] = LookupResult()
        refused: dict[int, bytes] = {}
        entries = await self._store.read([self._key(id_) for id_ in ids])
        for id_, entry in zip(ids, entries, strict=True):
            if entry is None:
                refused[id_] = _NO_TOKEN
            elif not self._serves(found, id_, entry):
                # A lease that nobody here reads under may be filled by now: ask the store again.
                # Any other unusable entry is replaced.
                refused[id_] = _NO_TOKEN if entry.is_lease else entry.token
        if refused:
            await self._lease(found, refused)
        return found

    async def _lease(self, found: LookupResult[V], refused: dict[int, bytes]) -> None:
        entries = await self._store.lease({self._key(id_): refused[id_] for id_ in refused})
        for id_, entry in zip(refused, entries, strict=True):
            if not self._serves(found, id_, entry):
                found.leases[id_] = entry.token if entry.is_lease else None

    def _serves(self, found: LookupResult[V], id_: int, entry: Entry) -> bool:
        """Whether the entry has a usable value or is being read here; adds it to `found`."""
        if entry.is_lease and (id_, entry.token) in self._single_flight:
            found.leases[id_] = entry.token
            return True
        value = self._value(entry)
        if value is None:
            return False
        found.values[id_] = value
        return True

    def _value(self, entry: Entry) -> V | None:
        """The value in an entry; None if it has none that may be served."""
        if not entry.is_trusted or entry.payload is None:
            return None
        value = self._load(entry.payload)
        if value is None:
            self._metrics.unreadable()
        elif self._is_current is not None and not self._is_current(value):
            return None
        else:
            self._metrics.hit(entry.age_seconds)
        return value
