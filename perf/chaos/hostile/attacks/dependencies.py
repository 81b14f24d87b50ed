"""Points 1.8 and 1.9: a key set served by the attacker, and floods with budgets in Redis."""

import asyncio
from base64 import urlsafe_b64encode
from contextlib import suppress
from itertools import count

import orjson

from perf.chaos.hostile.attack import Attack, AttackTarget, Run, ServerSettings, Tally
from perf.chaos.hostile.http import (
    PLACEHOLDER,
    asking,
    from_connections,
    run_together,
    send_in_turn,
)
from perf.servers.connection import encode_post

WITH_KEY_SET = ServerSettings("a key set elsewhere", needs_key_set=True)
WITH_REDIS = ServerSettings("with Redis", needs_redis=True)
_MEGABYTE = b" " * 1_000_000
_BODY_MEGABYTES = 300
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"


def _part(members: dict[str, str]) -> str:
    return urlsafe_b64encode(orjson.dumps(members)).decode().rstrip("=")


def _signing_in(target: AttackTarget, tally: Tally) -> list[asyncio.Task[None]]:
    """Sign in with unknown key ids, so that the server fetches the key set."""
    made = (
        encode_post(
            "/graphql",
            b'{"query":"{__typename}"}',
            authorization=f"Bearer {_part({'alg': 'RS256', 'kid': f'key {number}'})}"
            f".{_part({'sub': '5'})}.{'A' * 342}",
        )
        for number in count()
    )
    return [asyncio.create_task(send_in_turn(target, tally, made, number)) for number in range(8)]


def _serving(answer: "asyncio.Future[None] | object") -> Run:
    """Serve the key set with the handler `answer`, and sign in meanwhile."""

    async def run(target: AttackTarget, tally: Tally) -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", target.key_set_port)  # type: ignore[arg-type]  # a coroutine function of reader and writer
        async with server:
            await asyncio.gather(*_signing_in(target, tally))

    return run


async def _large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(_HEAD + b"\r\n")
    # A server that stops reading closes the connection.
    with suppress(OSError):
        for _ in range(_BODY_MEGABYTES):
            writer.write(_MEGABYTE)
            await writer.drain()
    writer.close()


async def _slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(_HEAD + b"\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await asyncio.sleep(1)


async def _again(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Redirect to the same address."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


async def _people(target: AttackTarget, tally: Tally) -> None:
    made = iter(asking("{ plans { code } }", authorization=f"Bearer {target.token}"))
    await run_together(send_in_turn(target, tally, made) for _ in range(60))


ATTACKS = (
    Attack("key-set-large", "1.8", "the key set has 300 MB", _serving(_large), WITH_KEY_SET),
    Attack(
        "key-set-slow", "1.8", "the key set comes a byte a second", _serving(_slow), WITH_KEY_SET
    ),
    Attack(
        "key-set-again",
        "1.8",
        "the key set is elsewhere, again and again",
        _serving(_again),
        WITH_KEY_SET,
    ),
    Attack(
        "redis-flood",
        "1.9",
        "small operations from 10 addresses over 200 connections",
        from_connections(asking("{ plans { code } }"), connections=200, addresses=10),
        WITH_REDIS,
    ),
    Attack(
        "redis-flood-new",
        "1.9",
        "the same with an operation that is new each time",
        from_connections(
            asking(f"query A{PLACEHOLDER} {{ plans {{ code }} }}"), connections=60, addresses=60
        ),
        WITH_REDIS,
    ),
    Attack(
        "redis-flood-signed-in",
        "1.9",
        "small operations of one person over 60 connections",
        _people,
        WITH_REDIS,
    ),
)
