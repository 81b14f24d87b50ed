"""Streams of instances that share a Redis."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from keyvalue import KeyValueClient
from streams import ReplyStreams
from streams.redis import RedisStreams


@asynccontextmanager
async def shared_streams(url: str, *, timeout_seconds: float = 20) -> AsyncIterator[ReplyStreams]:
    """The streams of one instance; by default a Redis on a busy machine may take its time."""
    async with KeyValueClient(url, timeout_seconds=timeout_seconds) as keyvalue:
        streams = ReplyStreams(RedisStreams(keyvalue))
        yield streams
        await streams.close()
