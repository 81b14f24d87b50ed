"""The attacker's WebSocket client: frames of graphql-transport-ws built in advance."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson

from perf.chaos.hostile.attack import AttackTarget, Tally
from perf.chaos.hostile.http import connected
from perf.servers.connection import HttpConnection

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
_SHORT, _MIDDLE = 126, 65_536
_NO_MASK = bytes(4)
_HEAD_END = b"\r\n\r\n"


class NotOpened(Exception):
    """The server refused the WebSocket handshake."""


def frame(
    opcode: int, payload: bytes = b"", *, is_last: bool = True, is_packed: bool = False
) -> bytes:
    """A client's frame, with a mask of zeros that leaves the payload unchanged."""
    first = opcode | (0x80 if is_last else 0) | (0x40 if is_packed else 0)
    length = len(payload)
    if length < _SHORT:
        head = struct.pack("!BB", first, 0x80 | length)
    elif length < _MIDDLE:
        head = struct.pack("!BBH", first, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, length)
    return head + _NO_MASK + payload


# Any: members are JSON.
def message(type_: str, **members: Any) -> bytes:
    """A protocol message in one frame."""
    return frame(TEXT, orjson.dumps({"type": type_, **members}))


def compressed_frame(payload: bytes) -> bytes:
    """A compressed text frame (permessage-deflate, RFC 7692, 7.2.1)."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    whole = compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return frame(TEXT, whole.removesuffix(b"\x00\x00\xff\xff"), is_packed=True)


@asynccontextmanager
async def open_websocket(
    target: AttackTarget,
    number: int = 0,
    *,
    extensions: str = "",
    token: str | None = None,
    sends_init: bool = True,
) -> AsyncIterator[HttpConnection]:
    """Open a WebSocket, and send connection_init if it `sends_init`.

    Raises `OSError` or `NotOpened`.
    """
    offered = f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
    async with connected(target, number) as wire:
        wire.writer.write(
            b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n" + offered.encode() + b"\r\n"
        )
        try:
            head = await wire.reader.readuntil(_HEAD_END)
        except (EOFError, asyncio.LimitOverrunError):
            raise NotOpened("closed") from None
        if not head.startswith(b"HTTP/1.1 101"):
            raise NotOpened(head[9:12].decode("latin-1"))
        if sends_init:
            payload = {"authorization": f"Bearer {token}"} if token else {}
            wire.writer.write(message("connection_init", payload=payload))
        yield wire


async def read_frames(wire: HttpConnection, tally: Tally) -> None:
    """Count received messages and the close code until the server closes."""
    with suppress(EOFError, OSError):
        while True:
            first, second = await wire.reader.readexactly(2)
            length = second & 0x7F
            if length == _SHORT:
                (length,) = struct.unpack("!H", await wire.reader.readexactly(2))
            elif length > _SHORT:
                (length,) = struct.unpack("!Q", await wire.reader.readexactly(8))
            payload = await wire.reader.readexactly(length)
            _note(first & 0x0F, payload, tally)


def _note(opcode: int, payload: bytes, tally: Tally) -> None:
    if opcode == CLOSE:
        tally.note(f"closed {int.from_bytes(payload[:2])}")
    elif opcode == TEXT:
        _, _, rest = payload.partition(b'"type":"')
        tally.note(rest.partition(b'"')[0].decode("latin-1"))
