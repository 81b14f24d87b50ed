"""Point 1.4: WebSockets that flood the server, or do not read its answers."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

import orjson

from perf.chaos.hostile.attack import Attack, AttackTarget, Run, Tally
from perf.chaos.hostile.http import run_together
from perf.chaos.hostile.websocket import (
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    NotOpened,
    compressed_frame,
    frame,
    message,
    open_websocket,
    read_frames,
)
from perf.servers.connection import HttpConnection

_AT_ONCE = 500
_AGAIN_SECONDS = 0.05
_DEAR = "query A { viewer { conversations(first: 30) { edges { node { id title } } } } }"
_DEFLATE = "permessage-deflate; client_no_context_takeover"


async def _flood(
    target: AttackTarget, tally: Tally, piece: bytes, number: int, *, extensions: str
) -> None:
    """Send a piece repeatedly over a WebSocket, and reconnect when it is closed."""
    while True:
        with suppress(OSError):
            try:
                async with open_websocket(target, number, extensions=extensions) as wire:
                    reading = asyncio.create_task(read_frames(wire, tally))
                    while not reading.done():
                        wire.writer.write(piece)
                        await wire.writer.drain()
                        await asyncio.sleep(0)
            except NotOpened as refused:
                tally.note(f"refused {refused}")
        await asyncio.sleep(_AGAIN_SECONDS)


def _flooding(piece: bytes, *, sockets: int = 1, extensions: str = "") -> Run:
    async def run(target: AttackTarget, tally: Tally) -> None:
        await run_together(
            _flood(target, tally, piece, 0, extensions=extensions) for _ in range(sockets)
        )

    return run


def _floods() -> Iterator[tuple[str, str, Run]]:
    yield "ws-pings", "ping frames", _flooding(frame(PING, b"x" * 60) * _AT_ONCE)
    yield "ws-pongs", "pong frames", _flooding(frame(PONG) * _AT_ONCE)
    for type_ in ("ping", "pong"):
        yield (
            f"ws-{type_}-messages",
            f"messages of the type {type_}",
            _flooding(message(type_) * _AT_ONCE),
        )
    yield (
        "ws-completes",
        "messages that complete nothing",
        _flooding(message("complete", id="none") * _AT_ONCE),
    )
    yield (
        "ws-fragments",
        "messages in frames of one letter",
        _flooding(
            frame(TEXT, b"{", is_last=False) + frame(CONTINUATION, b" ", is_last=False) * 1_000
        ),
    )
    yield (
        "ws-invalid",
        "operations that do not fit the schema",
        _flooding(_subscribed(lambda number: f"{{ nothing{number} }}")),
    )
    yield (
        "ws-stopped",
        "operations that are stopped at once",
        _flooding(
            b"".join(
                message("subscribe", id=str(number), payload={"query": "{ plans { code } }"})
                + message("complete", id=str(number))
                for number in range(_AT_ONCE)
            )
        ),
    )
    yield (
        "ws-compressed_frame",
        "compressed pings of 200 kB",
        _flooding(
            compressed_frame(orjson.dumps({"type": "ping", "payload": {"x": "x" * 200_000}})) * 20,
            sockets=4,
            extensions=_DEFLATE,
        ),
    )
    yield (
        "ws-large-pings",
        "pings whose payload of 200 kB comes back",
        _flooding(message("ping", payload={"x": "x" * 200_000}) * 2, sockets=4),
    )
    yield (
        "ws-many-pings",
        "messages of the type ping over 30 sockets",
        _flooding(message("ping") * 50, sockets=30),
    )


def _subscribed(text: Callable[[int], str]) -> bytes:
    return b"".join(
        message("subscribe", id=str(number), payload={"query": text(number)})
        for number in range(_AT_ONCE)
    )


async def _unread(target: AttackTarget, tally: Tally) -> None:
    """Open 40 WebSockets that each request 190 pages and read nothing."""
    pages = b"".join(
        message("subscribe", id=str(number), payload={"query": _DEAR}) for number in range(190)
    )
    await run_together(_ask_and_wait(target, tally, pages, number // 10) for number in range(40))


async def _ask_and_wait(target: AttackTarget, tally: Tally, pages: bytes, number: int) -> None:
    try:
        async with open_websocket(target, number, token=target.token) as wire:
            wire.writer.write(pages)
            await asyncio.Event().wait()
    except (OSError, NotOpened) as refused:
        tally.note(f"refused {refused}")


async def _opened_again(target: AttackTarget, tally: Tally) -> None:
    await run_together(_open_and_leave(target, tally) for _ in range(16))


async def _open_and_leave(target: AttackTarget, tally: Tally) -> None:
    for _ in count():
        try:
            async with open_websocket(target) as wire:
                await _first(wire, tally)
        except (OSError, EOFError, NotOpened) as refused:
            tally.note(f"refused {refused}")
            await asyncio.sleep(_AGAIN_SECONDS)


async def _first(wire: HttpConnection, tally: Tally) -> None:
    await wire.reader.readexactly(2)
    tally.note("opened")


ATTACKS = (
    *(Attack(name, "1.4", does, run) for name, does, run in _floods()),
    Attack("ws-unread", "1.4", "40 sockets ask for 190 pages each and read nothing", _unread),
    Attack("ws-opened-again", "1.4", "sockets are opened and left, 16 at once", _opened_again),
)
