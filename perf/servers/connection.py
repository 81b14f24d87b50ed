"""A minimal HTTP/1.1 connection, so that no client library is part of what is timed."""

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
    """The server did not answer with what was asked for; the message is the body's beginning."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body[:_MOST_SHOWN].decode(errors="replace"))


def encode_post(path: str, body: bytes, *, host: str = LOOPBACK, **headers: str) -> bytes:
    """The bytes of a POST request with a JSON body."""
    lines = [f"POST {path} HTTP/1.1", f"host: {host}", "content-type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"content-length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def encode_get(path: str, *, host: str = LOOPBACK, **headers: str) -> bytes:
    """The bytes of a GET request."""
    lines = [f"GET {path} HTTP/1.1", f"host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpConnection:
    """A connection for one request after another; `host` is the value of the header."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    host: str = LOOPBACK

    def post(self, path: str, body: bytes, **headers: str) -> None:
        """Send a POST request with a JSON body."""
        self.writer.write(encode_post(path, body, host=self.host, **headers))

    def get(self, path: str) -> None:
        """Send a GET request."""
        self.writer.write(encode_get(path, host=self.host))

    async def response(self) -> Response:
        """Read a response, chunked or with a content length."""
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
        """Read a response and return its body; raises `UnexpectedAnswer` unless it is a 200."""
        response = await self.response()
        if response.status != _OK:
            raise UnexpectedAnswer(response.body)
        return response.body

    async def events(self) -> AsyncGenerator[bytes, None]:
        """Yield the data of server-sent events; raises `UnexpectedAnswer` if no stream starts."""
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
async def connected(port: int) -> AsyncIterator[HttpConnection]:
    """Connect to a port of the loopback interface until the block is left."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield HttpConnection(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()
