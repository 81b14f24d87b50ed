"""Clients of Redis that never wait long, and try nothing again behind their caller's back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import TimeoutError as TookTooLong


class _Interruptible(AbstractConnection):
    """A connection on which a cancellation is never lost.

    redis-py sends with `asyncio.wait_for`, which before Python 3.12 goes on when it is cancelled at
    the instant at which the sending ends: a deadline is missed then, and a loop never ends.
    """

    __slots__ = ()

    async def send_packed_command(
        self,
        command: bytes | str | Iterable[bytes],
        check_health: bool = True,  # noqa: FBT001, FBT002 - redis-py's signature
    ) -> None:
        """Send without `asyncio.wait_for`, which is used where there is a `socket_timeout`."""
        seconds, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(seconds):
                await super().send_packed_command(command, check_health)
        except TimeoutError:
            raise TookTooLong("Timeout writing to socket") from None
        finally:
            self.socket_timeout = seconds


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
    # The address tells which kind of connection it is: plain, with TLS, or through a file.
    pool.connection_class = type("Interruptible", (_Interruptible, pool.connection_class), {})
    async with Redis.from_pool(pool) as client:
        yield client
