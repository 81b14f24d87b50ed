"""What is kept for a short while: its keys and lifetimes, versioned fills, one fill at a time."""

from cache.memory import MemoryStore
from cache.records import Entry, Store, StoreAway
from cache.redis import RedisStore, ServerClock
from cache.shape import Shape
from cache.sheltered import ShelteredStore
from cache.versioned import VersionedCache

__all__ = [
    "Entry",
    "MemoryStore",
    "RedisStore",
    "ServerClock",
    "Shape",
    "ShelteredStore",
    "Store",
    "StoreAway",
    "VersionedCache",
]
