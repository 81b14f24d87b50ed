"""A model that says what time it is, again and again, so that readers know how late it came."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import orjson

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_LENGTH = b"content-length:"


class TickingModel:
    """Its replies have a word every `every_seconds`, the instant by `monotonic`, and no end."""

    def __init__(self, every_seconds: float) -> None:
        self._every_seconds = every_seconds
        self._replies: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Serve on a port of the loopback, which is given; leaving breaks off all replies."""
        server = await asyncio.start_server(self._reply, "127.0.0.1", 0, backlog=1_000)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for writer in self._replies:
                writer.transport.abort()

    async def _reply(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._replies.add(writer)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(_LENGTH)[2].split(b"\r\n")[0]))
            writer.write(_HEAD)
            while True:
                writer.write(_chunk(f"{monotonic():.6f} "))
                await writer.drain()
                await asyncio.sleep(self._every_seconds)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # nobody waits any more, or the model ends
        finally:
            self._replies.discard(writer)
            writer.close()


def _chunk(word: str) -> bytes:
    event = b"data: %b\n\n" % orjson.dumps({"choices": [{"index": 0, "delta": {"content": word}}]})
    return b"%x\r\n%b\r\n" % (len(event), event)
