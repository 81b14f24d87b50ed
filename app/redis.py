"""Clients of Redis that never wait long, and try nothing again behind their caller's back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


@asynccontextmanager
async def open_redis(
    url: str,
    *,
    connections: int,
    timeout_seconds: float,
    # Any: redis-py does not say what kind of connection it opens.
    connected: Callable[[Any], Awaitable[None]] | None = None,
) -> AsyncIterator[Redis]:
    """A client of at most `connections` connections, opened when they are needed.

    Each of waiting for one, opening it, and waiting for an answer ends after `timeout_seconds`.
    `connected` is called with each new connection in place of `connection.on_connect()`, which
    it has to call. Leaving closes the connections.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
        redis_connect_func=connected,
        protocol=2,
    )
    async with Redis.from_pool(pool) as client:
        yield client
