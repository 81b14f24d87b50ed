"""Registered texts in Redis, with copies of those in use in this process."""

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from keyvalue import KeyValueError
from metrics.keyvalue import fell_back
from services.persisted.memory import MemoryTexts
from services.persisted.records import BRIEFLY_SECONDS, Bounds
from services.persisted.redis import RedisTexts


class SharedTexts:
    """Asks Redis for what has no copy here; while it is away the process has its copies alone.

    Nothing is lost by that: a client whose hash is not known sends its text again.
    """

    def __init__(
        self, redis: RedisTexts, bounds: Bounds, *, seconds: Callable[[], float] = monotonic
    ) -> None:
        copied = replace(bounds, lifetime_seconds=min(BRIEFLY_SECONDS, bounds.lifetime_seconds))
        self._copies = MemoryTexts(copied, seconds=seconds)
        self._redis = redis

    async def get(self, id_: str) -> str | None:
        """The text, while it is kept."""
        text = await self._copies.get(id_)
        if text is not None:
            return text
        try:
            text = await self._redis.get(id_)
        except KeyValueError:
            fell_back("persisted")
            return None
        if text is not None:
            await self._copies.keep(id_, text)
        return text

    async def keep(self, id_: str, text: str, *, is_brief: bool = False) -> None:
        """See `Texts`."""
        await self._copies.keep(id_, text)
        if is_brief:
            return
        try:
            await self._redis.keep(id_, text)
        except KeyValueError:
            fell_back("persisted")
