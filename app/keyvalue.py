"""The one client of Redis, opened once a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.settings import Settings
from keyvalue import KeyValueClient


@asynccontextmanager
async def open_keyvalue(settings: Settings) -> AsyncIterator[KeyValueClient | None]:
    """Open the client of the Redis that all instances share; None where there is none."""
    if settings.redis_url is None:
        yield None
        return
    async with KeyValueClient(settings.redis_url) as client:
        yield client
