"""Clients of Redis, as far as they are ours."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvloop
from psutil import Process
from redis.exceptions import TimeoutError as TookTooLong

from app.redis import open_redis
from tests.fixtures.redis import ControlledRedis, controlled_redis

PATIENCE_SECONDS = 20
STEPS = 40
"""More than the event loop takes for a question and its answer."""


def is_connected(url: str) -> bool:
    """Whether this process has connections to a server."""
    port = urlsplit(url).port
    return any(one.raddr and one.raddr.port == port for one in Process().net_connections("tcp"))


@pytest.mark.parametrize("steps", range(STEPS))
def test_who_is_told_to_stop_stops_whenever_that_is(redis_url: str, steps: int) -> None:
    async def scenario() -> None:
        async with open_redis(redis_url, connections=1, timeout_seconds=PATIENCE_SECONDS) as redis:
            await redis.ping()

            async def ask_for_ever() -> None:
                while True:
                    await redis.ping()

            asking = asyncio.create_task(ask_for_ever())
            for _ in range(steps):
                await asyncio.sleep(0)
            asking.cancel()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.wait([asking])
            assert asking.cancelled()

    asyncio.run(scenario())


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_who_takes_nothing_in_is_not_waited_for(
    tmp_path: Path, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    """On the server's event loop and on asyncio's, which buffers it all in 3.12.1 and 3.13.0."""

    async def scenario(server: ControlledRedis) -> None:
        async with open_redis(server.url, connections=1, timeout_seconds=0.5) as redis:
            await redis.ping()
            server.pause()
            async with asyncio.timeout(PATIENCE_SECONDS):
                with pytest.raises(TookTooLong):
                    await redis.set("key", bytes(50_000_000))
            # What was not sent keeps the connection from closing.
            server.kill()
            async with asyncio.timeout(PATIENCE_SECONDS):
                while is_connected(server.url):
                    await asyncio.sleep(0.005)

    with controlled_redis(tmp_path) as server, asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scenario(server))
