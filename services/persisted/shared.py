"""Registered texts in Redis, with copies of those in use in this process."""

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

import structlog
from redis.exceptions import RedisError

from services.persisted.memory import MemoryTexts
from services.persisted.records import Bounds
from services.persisted.redis import RedisTexts

REST_SECONDS = 1.0
"""How long Redis is not asked again after it did not answer."""
_COPIED_SECONDS = 60
_log = structlog.get_logger("guidance.persisted")


class SharedTexts:
    """Asks Redis for what has no copy here; while it is away the process has its copies alone.

    Nothing is lost by that: a client whose hash is not known sends its text again.
    """

    def __init__(
        self, redis: RedisTexts, bounds: Bounds, *, seconds: Callable[[], float] = monotonic
    ) -> None:
        copied = replace(bounds, lifetime_seconds=min(_COPIED_SECONDS, bounds.lifetime_seconds))
        self._copies = MemoryTexts(copied, seconds=seconds)
        self._redis = redis
        self._seconds = seconds
        self._rests_until = 0.0

    async def get(self, id_: str) -> str | None:
        """The text, while it is kept."""
        text = await self._copies.get(id_)
        if text is not None or self._seconds() < self._rests_until:
            return text
        try:
            text = await self._redis.get(id_)
        except (RedisError, OSError) as error:
            self._rest(error)
            return None
        if text is not None:
            await self._copies.keep(id_, text)
        return text

    async def keep(self, id_: str, text: str) -> None:
        """Keep a text; one that is too long is not kept."""
        await self._copies.keep(id_, text)
        if self._seconds() < self._rests_until:
            return
        try:
            await self._redis.keep(id_, text)
        except (RedisError, OSError) as error:
            self._rest(error)

    def _rest(self, error: Exception) -> None:
        self._rests_until = self._seconds() + REST_SECONDS
        _log.warning("persisted queries are kept in memory", reason=type(error).__name__)
