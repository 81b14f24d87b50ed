"""Point 1.6: connections that never finish what they begin; the server has to close them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import repeat

import orjson

from perf.chaos.hostile.attack import Attack, AttackTarget, Run, ServerSettings, Tally
from perf.chaos.hostile.http import connected, read_until_closed, run_together
from perf.chaos.hostile.websocket import NotOpened, open_websocket, read_frames
from perf.servers.connection import HttpConnection, encode_post

SHORT_TIMES = ServerSettings(
    "time-outs of a second",
    {
        "HTTP_HEAD_SECONDS": "1",
        "HTTP_BODY_SECONDS": "1",
        "HTTP_IDLE_SECONDS": "1",
        "HTTP_UNREAD_SECONDS": "1",
    },
)
_EACH, _CROWD = 200, 1_500
_HEAD = b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
_LATER_SECONDS = 0.3
Sending = Callable[[HttpConnection], Awaitable[None]]


def _connections(send: Sending, count: int = _EACH) -> Run:
    """An attack of `count` connections, each of which sends its part and waits to be closed."""

    async def one(target: AttackTarget, tally: Tally, number: int) -> None:
        try:
            async with connected(target, number % 4) as wire, asyncio.TaskGroup() as group:
                sending = group.create_task(_quietly(send, wire))
                await read_until_closed(wire, tally)
                sending.cancel()
        except OSError:
            tally.note("refused")

    async def run(target: AttackTarget, tally: Tally) -> None:
        await run_together(one(target, tally, number) for number in range(count))

    return run


async def _quietly(send: Sending, wire: HttpConnection) -> None:
    with suppress(OSError):
        await send(wire)


def _once(piece: bytes) -> Sending:
    async def send(wire: HttpConnection) -> None:
        wire.writer.write(piece)

    return send


def _slowly(begin: bytes, piece: bytes) -> Sending:
    """Send the beginning, and then one piece at a time until the connection is closed."""

    async def send(wire: HttpConnection) -> None:
        wire.writer.write(begin)
        while True:
            await asyncio.sleep(_LATER_SECONDS)
            wire.writer.write(piece)
            await wire.writer.drain()

    return send


async def _silent_sockets(target: AttackTarget, tally: Tally) -> None:
    async def one() -> None:
        try:
            async with open_websocket(target, sends_init=False) as wire:
                await read_frames(wire, tally)
        except (OSError, NotOpened) as refused:
            tally.note(f"refused {refused}")

    await run_together(one() for _ in range(50))


async def _unread_answers(target: AttackTarget, tally: Tally) -> None:
    """Request page after page without reading any answer."""
    query = "{ viewer { conversations(first: 30) { edges { node { id title } } } } }"
    page = encode_post(
        "/graphql", orjson.dumps({"query": query}), authorization=f"Bearer {target.token}"
    )

    async def one(number: int) -> None:
        try:
            async with connected(target, number) as wire:
                for piece in repeat(page * 20):
                    wire.writer.write(piece)
                    await wire.writer.drain()
        except OSError:
            tally.note("closed")

    await run_together(one(number) for number in range(20))


ATTACKS = (
    Attack(
        "silent",
        "1.6",
        "200 connections that send nothing",
        _connections(_once(b"")),
        SHORT_TIMES,
        True,
    ),
    Attack(
        "half-head",
        "1.6",
        "200 that send half a head",
        _connections(_once(_HEAD)),
        SHORT_TIMES,
        True,
    ),
    Attack(
        "slow-head",
        "1.6",
        "200 whose head comes in small pieces, and never ends",
        _connections(_slowly(_HEAD, b"a: b\r\n")),
        SHORT_TIMES,
        True,
    ),
    Attack(
        "half-body",
        "1.6",
        "200 that send half a body",
        _connections(_once(_HEAD + b'Content-Length: 500\r\n\r\n{"query"')),
        SHORT_TIMES,
        True,
    ),
    Attack(
        "slow-body",
        "1.6",
        "200 whose body comes a letter at a time",
        _connections(_slowly(_HEAD + b"Content-Length: 500\r\n\r\n{", b" ")),
        SHORT_TIMES,
        True,
    ),
    Attack(
        "slow-chunks",
        "1.6",
        "200 whose body comes in chunks, and never ends",
        _connections(_slowly(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n")),
        SHORT_TIMES,
        True,
    ),
    Attack(
        "slow-webhook",
        "1.6",
        "200 whose event for the payments comes a letter at a time",
        _connections(
            _slowly(
                b"POST /webhooks/payments HTTP/1.1\r\nHost: a\r\nStripe-Signature: t=1,v1=0\r\n"
                b"Content-Length: 500\r\n\r\n",
                b" ",
            )
        ),
        SHORT_TIMES,
        True,
    ),
    Attack(
        "idle",
        "1.6",
        "200 that ask once and stay",
        _connections(_once(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")),
        SHORT_TIMES,
        True,
    ),
    Attack(
        "crowd",
        "1.6",
        "1,500 connections at once, half a head each",
        _connections(_once(_HEAD), _CROWD),
    ),
    Attack("silent-sockets", "1.6", "50 sockets that say nothing", _silent_sockets),
    Attack(
        "unread-answers",
        "1.6",
        "pages are asked for and not read, on 20 connections",
        _unread_answers,
    ),
)
