"""HTTP/1.1 as the benchmarks speak it: no client library between the clock and the server."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
_LINE_END = b"\r\n"
_HEAD_END = b"\r\n\r\n"
_EVENT_END = b"\n\n"
_OK = 200
_DATA = b"data: "
_MOST_SHOWN = 500


class UnexpectedAnswer(Exception):
    """The server answered with anything but what was asked for."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body[:_MOST_SHOWN].decode(errors="replace"))


def posted(path: str, body: bytes, *, host: str = LOOPBACK, **headers: str) -> bytes:
    """A request with a body of JSON, as it is sent."""
    lines = [f"POST {path} HTTP/1.1", f"host: {host}", "content-type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"content-length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer, whatever it says; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection, for one request after another; `host` is how the server is called."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    host: str = LOOPBACK

    def post(self, path: str, body: bytes, **headers: str) -> None:
        """Send a request with a body of JSON."""
        self.writer.write(posted(path, body, host=self.host, **headers))

    def get(self, path: str) -> None:
        """Send a request without a body."""
        self.writer.write(f"GET {path} HTTP/1.1\r\nhost: {self.host}\r\n\r\n".encode())

    async def response(self) -> Response:
        """The answer, with its length told before or in chunks."""
        head = (await self.reader.readuntil(_HEAD_END)).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        if headers.get("transfer-encoding") == "chunked":
            body = b"".join([chunk async for chunk in self._chunks()])
        else:
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Response(int(first.split()[1]), headers, body)

    async def answer(self) -> bytes:
        """The body of an answer that comes whole; raises `UnexpectedAnswer` unless it is a 200."""
        response = await self.response()
        if response.status != _OK:
            raise UnexpectedAnswer(response.body)
        return response.body

    async def events(self) -> AsyncGenerator[bytes, None]:
        """The data of each server-sent event that has any; raises `UnexpectedAnswer`."""
        head = await self.reader.readuntil(_HEAD_END)
        if not head.startswith(b"HTTP/1.1 200 ") or b"text/event-stream" not in head:
            raise UnexpectedAnswer(head)
        begun = b""
        async for chunk in self._chunks():
            *events, begun = (begun + chunk).split(_EVENT_END)
            for event in events:
                data = event.partition(_DATA)[2]
                if data:
                    yield data

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        while length := int(await self.reader.readuntil(_LINE_END), base=16):
            chunk = await self.reader.readexactly(length + len(_LINE_END))
            yield chunk.removesuffix(_LINE_END)
        await self.reader.readexactly(len(_LINE_END))


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Wire]:
    """Connect to a port of the loopback until the block is left."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()
