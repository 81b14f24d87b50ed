"""Stores that all instances share through Redis, or in the memory of one process without it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from app.settings import Settings
from cache import (
    AsItIs,
    CircuitBreakingStore,
    MemoryStore,
    RedisStore,
    Store,
    ValueForm,
    VersionedCache,
)
from keyvalue import KeyValue
from keyvalue import open_keyvalue as open_client
from metrics.cache import CacheMetrics
from metrics.observations import Observations
from services.billing.cached import SUBSCRIPTION_SERIALIZER, is_current
from services.billing.records import Subscription
from services.callers.answer_versions import VERSION_SERIALIZER, AnswerVersions
from services.clock import Clock
from services.documents.persisted_queries.memory import MemoryTextStore
from services.documents.persisted_queries.records import TextStore
from services.documents.persisted_queries.redis import RedisTextStore
from services.documents.persisted_queries.shared import SharedTextStore
from services.throttling.memory_buckets import MemoryBuckets
from services.throttling.rate_limiter import RateLimiter
from services.throttling.redis_buckets import RedisBuckets
from streams import ReplyStreams
from streams.redis import RedisStreams


@asynccontextmanager
async def open_keyvalue(settings: Settings) -> AsyncIterator[KeyValue | None]:
    """Open the process's one Redis client; None where no Redis is configured."""
    if settings.redis_url is None:
        yield None
        return
    async with open_client(settings.redis_url) as client:
        yield client


@asynccontextmanager
async def open_subscription_cache(
    settings: Settings,
    keyvalue: KeyValue | None,
    observations: Observations,
    *,
    clock: Clock,
) -> AsyncIterator[VersionedCache[Subscription]]:
    """Open the cache of current subscriptions."""
    name = "subscription"
    metrics = CacheMetrics(name)
    observations.caches.append(metrics)
    lifetime_seconds = settings.billing_subscription_cache_ttl_seconds
    async with AsyncExitStack() as stack:
        store: Store = MemoryStore(lifetime_seconds)
        form: ValueForm[Subscription] = AsItIs()
        if keyvalue is not None:
            form = SUBSCRIPTION_SERIALIZER
            shared = RedisStore(keyvalue, metrics, lifetime_seconds=lifetime_seconds)
            store = await stack.enter_async_context(CircuitBreakingStore(shared, metrics))
        cache = VersionedCache(
            store,
            form,
            metrics,
            name=name,
            is_on=lifetime_seconds > 0,
            is_current=partial(is_current, clock),
        )
        stack.push_async_callback(cache.close)
        yield cache


@asynccontextmanager
async def open_answer_versions(
    settings: Settings, keyvalue: KeyValue | None, observations: Observations
) -> AsyncIterator[AnswerVersions | None]:
    """Open the versions of what people see; None where instances could not tell each other."""
    lifetime_seconds = settings.graphql_answers_remembered_seconds
    if keyvalue is None or not lifetime_seconds:
        yield None
        return
    metrics = CacheMetrics("answer_version")
    observations.caches.append(metrics)
    shared = RedisStore(keyvalue, metrics, lifetime_seconds=lifetime_seconds)
    async with CircuitBreakingStore(shared, metrics) as store:
        cache = VersionedCache(store, VERSION_SERIALIZER, metrics, name="answer_version")
        yield AnswerVersions(cache)
        await cache.close()


@asynccontextmanager
async def open_budgets(keyvalue: KeyValue | None) -> AsyncIterator[RateLimiter]:
    """Open the callers' cost budgets; leaving completes pending refunds."""
    budgets = RateLimiter(MemoryBuckets(), None if keyvalue is None else RedisBuckets(keyvalue))
    yield budgets
    await budgets.close()


@asynccontextmanager
async def open_streams(keyvalue: KeyValue | None) -> AsyncIterator[ReplyStreams]:
    """Open the streams of replies that are being written."""
    streams = ReplyStreams(None if keyvalue is None else RedisStreams(keyvalue))
    yield streams
    await streams.close()


def persisted_query_store(settings: Settings, keyvalue: KeyValue | None) -> TextStore | None:
    """The store of automatic persisted queries; None where they are switched off."""
    bounds = settings.persisted_query_bounds
    if bounds is None:
        return None
    if keyvalue is None:
        return MemoryTextStore(bounds)
    return SharedTextStore(RedisTextStore(keyvalue, bounds), bounds)
