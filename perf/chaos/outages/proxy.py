"""A TCP proxy that fails in the ways in which networks fail."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from typing import TypeAlias

_CHUNK_BYTES = 65_536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_DELAY_SECONDS = 0.05
Address: TypeAlias = str | tuple[str, int]
"""The path of a Unix socket, or host and port."""


class ProxyPath(Enum):
    """How the proxy treats connections and data."""

    OPEN = "open"
    SWALLOWS = "swallows"
    """Connections are accepted and stay open; data in both directions is lost."""
    REFUSES = "refuses"
    """Connections are closed, and new ones refused."""
    SWALLOWS_QUESTIONS = "swallows questions"
    """Data from the client is lost; data from the server arrives."""
    SWALLOWS_ANSWERS = "swallows answers"
    """Data from the client arrives; data from the server is lost."""
    DELAYS = "delays"
    """All data arrives, each chunk with a delay."""
    CUTS = "cuts"
    """Half of a chunk from the server arrives, then the connection is reset."""
    RESETS = "resets"
    """Connections are reset, new ones at once."""


_SILENT = {
    True: frozenset({ProxyPath.SWALLOWS, ProxyPath.SWALLOWS_QUESTIONS}),
    False: frozenset({ProxyPath.SWALLOWS, ProxyPath.SWALLOWS_ANSWERS}),
}
"""The faults that lose data from the client (True) or from the server (False)."""


class Link:
    """A client's connection, and its counterpart to the server."""

    def __init__(self, proxy: "Proxy", writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._writers = [writer]
        self.is_silenced = False

    async def forward(self, reader: asyncio.StreamReader) -> None:
        """Forward data in both directions until one end closes."""
        answers, to_server = await self._proxy.connect_to_server()
        self._writers.append(to_server)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, to_server, is_question=True))
                group.create_task(self._pass_on(answers, self._writers[0], is_question=False))
        except* OSError:
            pass

    def send_to_client(self, answer: bytes) -> None:
        """Send the client data that does not come from the server."""
        self._writers[0].write(answer)

    def reset(self) -> None:
        """Close both connections at once, with a TCP reset for the client."""
        peer = self._writers[0].get_extra_info("socket")
        with suppress(OSError):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.close()

    def close(self) -> None:
        """Close both connections."""
        for writer in self._writers:
            writer.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_question: bool
    ) -> None:
        while chunk := await reader.read(_CHUNK_BYTES):
            if (
                is_question
                and self._proxy.silence_marker is not None
                and self._proxy.silence_marker in chunk
            ):
                self.is_silenced = True
                if self._proxy.delivers_marker:
                    writer.write(chunk)
            if self._proxy.path is ProxyPath.DELAYS:
                await asyncio.sleep(_DELAY_SECONDS)
            is_cut = self._proxy.path is ProxyPath.CUTS and not is_question
            if not self._is_silent(is_question=is_question):
                writer.write(chunk[: len(chunk) // 2] if is_cut else chunk)
                await writer.drain()
            if is_cut:
                self.reset()
        if not self._is_silent(is_question=is_question):
            self.close()

    def _is_silent(self, *, is_question: bool) -> bool:
        """Whether data, and the end of the connection, are lost in this direction."""
        return self.is_silenced or self._proxy.path in _SILENT[is_question]


class Proxy:
    """Forwards to `server`; a change of `path` applies from the next bytes on.

    A link on which the client sends the bytes `silence_marker` loses everything from then on; those
    bytes themselves reach the server if it `delivers_marker`.
    """

    def __init__(self, server: Address) -> None:
        self._server = server
        self.path = ProxyPath.OPEN
        self.silence_marker: bytes | None = None
        self.delivers_marker = False
        self.port = 0
        self._listener: asyncio.Server | None = None
        self.links: set[Link] = set()

    async def connect_to_server(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the server."""
        if isinstance(self._server, str):
            return await asyncio.open_unix_connection(self._server)
        return await asyncio.open_connection(*self._server)

    async def set_path(self, path: ProxyPath) -> None:
        """Apply a fault to existing and new connections."""
        self.path = path
        if path in {ProxyPath.REFUSES, ProxyPath.RESETS}:
            for link in tuple(self.links):
                link.reset()
        if path is ProxyPath.REFUSES:
            self.stop_listening()
        elif self._listener is None:
            await self.listen()

    def silence_links(self) -> None:
        """Silently lose all data of existing connections; new ones are not affected."""
        for link in self.links:
            link.is_silenced = True

    async def listen(self) -> None:
        """Accept connections, again on the same port as before."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    def stop_listening(self) -> None:
        """Refuse new connections; existing ones stay."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def close(self) -> None:
        """Close everything, and wait until no link is left."""
        self.stop_listening()
        for link in tuple(self.links):
            link.close()
        while self.links:  # noqa: ASYNC110 - they end within some turns of the loop
            await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(self, writer)
        self.links.add(link)
        try:
            if self.path is ProxyPath.RESETS:
                link.reset()
            else:
                await link.forward(reader)
        except OSError:
            pass
        finally:
            self.links.discard(link)
            link.close()


@asynccontextmanager
async def proxied(server: Address) -> AsyncIterator[Proxy]:
    """Run a proxy on a port of the loopback interface until the block is left."""
    proxy = Proxy(server)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
