"""The cache: short lifetimes, versioned fills, and one fill per key at a time."""

from cache.circuit_breaking import CircuitBreakingStore
from cache.memory import MemoryStore
from cache.records import Entry, Store, StoreUnavailable
from cache.redis import RedisStore
from cache.serializer import AsItIs, CacheSerializer, ValueForm
from cache.versioned import VersionedCache

__all__ = [
    "AsItIs",
    "CacheSerializer",
    "CircuitBreakingStore",
    "Entry",
    "MemoryStore",
    "RedisStore",
    "Store",
    "StoreUnavailable",
    "ValueForm",
    "VersionedCache",
]
