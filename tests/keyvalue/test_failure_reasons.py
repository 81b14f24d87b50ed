"""Why Redis cannot be used is said in a word, as it is found."""

import asyncio
import socket

import pytest
from redis import Redis

from keyvalue.client import KeyValueClient
from tests.captured_logs import capture_logs
from tests.fixtures.stores.redis import ControlledRedis


def reason_at(url: str) -> str:
    """What the log says where Redis could not be used from the beginning."""

    async def scenario() -> None:
        async with KeyValueClient(url, timeout_seconds=0.1) as keyvalue:
            assert not keyvalue.is_available

    with capture_logs() as logs:
        asyncio.run(scenario())
    assert logs[0]["event"] == "circuit opened"
    reason: str = logs[0]["reason"]
    return reason


def test_what_redis_says_of_who_asks(redis: ControlledRedis) -> None:
    assert reason_at(redis.url.replace("//", "//nobody:wrong@")) == "WRONGPASS"
    with Redis.from_url(redis.url) as client:
        client.config_set("requirepass", "a new one")
        assert reason_at(redis.url) == "NOAUTH"
        client.config_set("requirepass", "")
        client.config_set("maxclients", "1")
        # It says so, and closes the connection before it has read what we say.
        assert reason_at(redis.url) in {"too_many_clients", "connection"}


def test_one_that_hangs(redis: ControlledRedis) -> None:
    redis.pause()
    assert reason_at(redis.url) == "timeout"
    redis.resume()


def test_where_nobody_is() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert reason_at(f"redis://127.0.0.1:{unused.getsockname()[1]}/0") == "refused"
    assert reason_at("redis://nowhere.invalid:6379/0") == "unresolved"


@pytest.mark.parametrize(
    ("scheme", "said", "reason"),
    [
        ("redis", b"", "connection"),
        ("redis", b"HTTP/1.1 400 Bad Request\r\n\r\n", "connection"),
        ("rediss", b"-ERR Protocol error\r\n", "tls"),
    ],
)
async def test_who_is_no_redis(scheme: str, said: bytes, reason: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(said)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert (await asyncio.to_thread(reason_at, f"{scheme}://127.0.0.1:{port}/0")) == reason
