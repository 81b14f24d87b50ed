"""What is kept for a short while: its keys and lifetimes, versioned fills, one fill at a time."""

from cache.circuit_breaking import CircuitBreakingStore
from cache.memory import MemoryStore
from cache.records import Entry, Store, StoreAway
from cache.redis import RedisStore
from cache.shape import Shape
from cache.versioned import VersionedCache

__all__ = [
    "CircuitBreakingStore",
    "Entry",
    "MemoryStore",
    "RedisStore",
    "Shape",
    "Store",
    "StoreAway",
    "VersionedCache",
]
