"""Where texts are kept that clients register by their hash, built once a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.redis import open_redis
from app.settings import Settings
from services.persisted.memory import MemoryTexts
from services.persisted.records import Texts
from services.persisted.redis import RedisTexts
from services.persisted.shared import SharedTexts

_CONNECTIONS = 20
_TIMEOUT_SECONDS = 0.1


@asynccontextmanager
async def open_texts(settings: Settings) -> AsyncIterator[Texts | None]:
    """Build the store, in Redis where there is one; None where it is switched off."""
    bounds = settings.persisted_query_bounds
    if bounds is None:
        yield None
    elif settings.redis_url is None:
        yield MemoryTexts(bounds)
    else:
        async with open_redis(
            settings.redis_url, connections=_CONNECTIONS, timeout_seconds=_TIMEOUT_SECONDS
        ) as redis:
            yield SharedTexts(RedisTexts(redis, bounds), bounds)
