"""The cache of subscriptions, built once a process."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from app.settings import Settings
from cache import CircuitBreakingStore, MemoryStore, RedisStore, Store, VersionedCache
from keyvalue import KeyValueClient
from metrics.cache import CacheMetrics
from metrics.observations import Observations
from services.billing.records import Subscription
from services.billing.shape import SUBSCRIPTION_SHAPE


@asynccontextmanager
async def open_subscription_cache(
    settings: Settings, keyvalue: KeyValueClient | None, observations: Observations
) -> AsyncIterator[VersionedCache[Subscription]]:
    """Build the cache of current subscriptions, in Redis where there is one."""
    name = "subscription"
    metrics = CacheMetrics(name)
    observations.caches.append(metrics)
    lifetime_seconds = settings.billing_subscription_cache_ttl_seconds
    async with AsyncExitStack() as stack:
        store: Store = MemoryStore(lifetime_seconds)
        if keyvalue is not None:
            shared = RedisStore(keyvalue, metrics, lifetime_seconds=lifetime_seconds)
            store = await stack.enter_async_context(CircuitBreakingStore(shared, metrics))
        cache = VersionedCache(
            store, SUBSCRIPTION_SHAPE, metrics, name=name, is_on=lifetime_seconds > 0
        )
        stack.push_async_callback(cache.close)
        yield cache
