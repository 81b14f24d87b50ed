"""Persisted queries in Redis, with local copies of those that this process uses."""

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from keyvalue import KeyValueError
from metrics.keyvalue import count_fallback
from services.documents.persisted_queries.memory import MemoryTextStore
from services.documents.persisted_queries.records import LOCAL_SECONDS, TextLimits
from services.documents.persisted_queries.redis import RedisTextStore


class SharedTextStore:
    """Asks Redis if there is no local copy; while Redis is away, only the copies are used.

    Nothing is lost by that: a client whose hash is unknown sends its text again.
    """

    def __init__(
        self, redis: RedisTextStore, limits: TextLimits, *, seconds: Callable[[], float] = monotonic
    ) -> None:
        local = replace(limits, lifetime_seconds=min(LOCAL_SECONDS, limits.lifetime_seconds))
        self._copies = MemoryTextStore(local, seconds=seconds)
        self._redis = redis

    async def get(self, id_: str) -> str | None:
        """The text; None if it is not stored, or has expired."""
        text = await self._copies.get(id_)
        if text is not None:
            return text
        try:
            text = await self._redis.get(id_)
        except KeyValueError:
            count_fallback("persisted")
            return None
        if text is not None:
            await self._copies.put(id_, text)
        return text

    async def put(self, id_: str, text: str, *, is_local: bool = False) -> None:
        """See `TextStore`."""
        await self._copies.put(id_, text)
        if is_local:
            return
        try:
            await self._redis.put(id_, text)
        except KeyValueError:
            count_fallback("persisted")
