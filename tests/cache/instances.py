"""Instances of the server as far as the cache is concerned, and a database for them to read."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from prometheus_client import REGISTRY

from cache import CacheSerializer, CircuitBreakingStore, RedisStore, Store, VersionedCache
from keyvalue import KeyValueClient
from metrics.cache import CacheMetrics

LIFETIME_SECONDS = 60
PATIENCE_SECONDS = 10
"""For tests that are not about slowness, on machines that may be."""
names = (f"test{number}" for number in count(1))
"""Names of caches, each with keys and metrics of its own."""


@dataclass(frozen=True, slots=True)
class Version:
    """What these tests cache: the number of a commit."""

    number: int


SHAPE = CacheSerializer(1, Version)


@dataclass(slots=True)
class Table:
    """The database: one row for every id, with the number of the last commit."""

    number: int = 0
    requested: list[list[int]] = field(default_factory=list)

    async def read(self, ids: Sequence[int]) -> list[Version]:
        """Give the current row of each id."""
        self.requested.append(list(ids))
        return [Version(self.number) for _ in ids]

    def commit(self) -> Version:
        """Change every row."""
        self.number += 1
        return Version(self.number)


def cache_over(
    store: Store, name: str, shape: CacheSerializer[Version] = SHAPE
) -> VersionedCache[Version]:
    """A cache of versions."""
    return VersionedCache(store, shape, CacheMetrics(name), name=name)


@asynccontextmanager
async def shared_store(
    url: str,
    name: str,
    *,
    lifetime_seconds: float = LIFETIME_SECONDS,
    timeout_seconds: float = PATIENCE_SECONDS,
    patience_seconds: float = PATIENCE_SECONDS,
    slow_seconds: float = PATIENCE_SECONDS,
) -> AsyncIterator[CircuitBreakingStore]:
    """The store of one instance, with its own connections."""
    metrics = CacheMetrics(name)
    async with (
        KeyValueClient(url, timeout_seconds=timeout_seconds, probe_seconds=0.01) as keyvalue,
        CircuitBreakingStore(
            RedisStore(keyvalue, metrics, lifetime_seconds=lifetime_seconds),
            metrics,
            timeout_seconds=patience_seconds,
            slow_seconds=slow_seconds,
            probe_seconds=0.01,
        ) as store,
    ):
        yield store


@asynccontextmanager
async def shared_caches(
    url: str, number: int, *, name: str | None = None, **options: float
) -> AsyncIterator[list[VersionedCache[Version]]]:
    """The caches of so many instances, under one name."""
    name = name or next(names)
    async with AsyncExitStack() as stack:
        caches = []
        for _ in range(number):
            store = await stack.enter_async_context(shared_store(url, name, **options))
            caches.append(cache_over(store, name))
            stack.push_async_callback(caches[-1].close)
        yield caches


def measured(cache: VersionedCache[Version], metric: str, **labels: str) -> float:
    """The value of a metric of a cache."""
    cache._metrics.flush()
    value = REGISTRY.get_sample_value(f"guidance_cache_{metric}", {"cache": cache._name, **labels})
    return value or 0.0
