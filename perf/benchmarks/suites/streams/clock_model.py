"""A model whose words are timestamps, so that readers can tell how late each one arrives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import orjson

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_LENGTH = b"content-length:"


class ClockModel:
    """Endless replies with a word every `every_seconds`: the present value of `monotonic`."""

    def __init__(self, every_seconds: float) -> None:
        self._every_seconds = every_seconds
        self._replies: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Serve on a free port, which is yielded; leaving the block aborts all replies."""
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
            pass  # the client left, or the server is closing
        finally:
            self._replies.discard(writer)
            writer.close()


def _chunk(word: str) -> bytes:
    event = b"data: %b\n\n" % orjson.dumps({"choices": [{"index": 0, "delta": {"content": word}}]})
    return b"%x\r\n%b\r\n" % (len(event), event)
