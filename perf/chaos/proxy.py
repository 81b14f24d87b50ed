"""A proxy for TCP whose path can be broken in the ways in which networks break."""

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
"""Where to: the path of a Unix socket, or host and port."""


class Path(Enum):
    """What becomes of what is sent."""

    OPEN = "open"
    SWALLOWS = "swallows"
    """Connections are accepted and stay open; what is sent on them is lost."""
    REFUSES = "refuses"
    """Connections are ended, and nobody listens."""
    SWALLOWS_QUESTIONS = "swallows questions"
    """What the client sends is lost; what the server says arrives."""
    SWALLOWS_ANSWERS = "swallows answers"
    """What the client sends arrives; what the server says is lost."""
    DELAYS = "delays"
    """All arrives, each part of it late."""
    CUTS = "cuts"
    """Half of what the server says arrives, and then connections are reset."""
    RESETS = "resets"
    """Connections are reset, new ones as soon as they are there."""


_SILENT = {
    True: frozenset({Path.SWALLOWS, Path.SWALLOWS_QUESTIONS}),
    False: frozenset({Path.SWALLOWS, Path.SWALLOWS_ANSWERS}),
}
"""By whether it is a question: where nothing passes."""


class Link:
    """One connection of a client's, and the one to the server that belongs to it."""

    def __init__(self, proxy: "Proxy", writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._writers = [writer]
        self.is_deaf = False

    async def carry(self, reader: asyncio.StreamReader) -> None:
        """Pass on in both directions until one end closes."""
        answers, to_server = await self._proxy.reach()
        self._writers.append(to_server)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, to_server, is_question=True))
                group.create_task(self._pass_on(answers, self._writers[0], is_question=False))
        except* OSError:
            pass

    def tell_client(self, answer: bytes) -> None:
        """Send the client what the server has not said."""
        self._writers[0].write(answer)

    def reset(self) -> None:
        """End both connections at once; the client's peer has vanished, as far as it can tell."""
        peer = self._writers[0].get_extra_info("socket")
        with suppress(OSError):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.close()

    def close(self) -> None:
        """End both connections."""
        for writer in self._writers:
            writer.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_question: bool
    ) -> None:
        while chunk := await reader.read(_CHUNK_BYTES):
            if is_question and self._proxy.deaf_at is not None and self._proxy.deaf_at in chunk:
                self.is_deaf = True
                if self._proxy.delivers_last:
                    writer.write(chunk)
            if self._proxy.path is Path.DELAYS:
                await asyncio.sleep(_DELAY_SECONDS)
            is_cut = self._proxy.path is Path.CUTS and not is_question
            if not self._is_silent(is_question=is_question):
                writer.write(chunk[: len(chunk) // 2] if is_cut else chunk)
                await writer.drain()
            if is_cut:
                self.reset()
        if not self._is_silent(is_question=is_question):
            self.close()

    def _is_silent(self, *, is_question: bool) -> bool:
        """Whether nothing passes in that direction, not even that an end has closed."""
        return self.is_deaf or self._proxy.path in _SILENT[is_question]


class Proxy:
    """Leads to `server`; `path` says how, from the next bytes on.

    A link that carries `deaf_at` from the client carries nothing any more from then on; those very
    bytes reach the server where it `delivers_last`.
    """

    def __init__(self, server: Address) -> None:
        self._server = server
        self.path = Path.OPEN
        self.deaf_at: bytes | None = None
        self.delivers_last = False
        self.port = 0
        self._listener: asyncio.Server | None = None
        self.links: set[Link] = set()

    async def reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the server."""
        if isinstance(self._server, str):
            return await asyncio.open_unix_connection(self._server)
        return await asyncio.open_connection(*self._server)

    async def lead(self, path: Path) -> None:
        """Change the path for what is connected and for what connects."""
        self.path = path
        if path in {Path.REFUSES, Path.RESETS}:
            for link in tuple(self.links):
                link.reset()
        if path is Path.REFUSES:
            self.stop_listening()
        elif self._listener is None:
            await self.listen()

    def deafen(self) -> None:
        """Lose what is connected without telling anybody, for good; what connects anew is well."""
        for link in self.links:
            link.is_deaf = True

    async def listen(self) -> None:
        """Accept connections, on the same port as before if there was one."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    def stop_listening(self) -> None:
        """Refuse connections; those that are there stay."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def close(self) -> None:
        """End everything, and wait until nothing is carried any more."""
        self.stop_listening()
        for link in tuple(self.links):
            link.close()
        while self.links:  # noqa: ASYNC110 - they end within some turns of the loop
            await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(self, writer)
        self.links.add(link)
        try:
            if self.path is Path.RESETS:
                link.reset()
            else:
                await link.carry(reader)
        except OSError:
            pass
        finally:
            self.links.discard(link)
            link.close()


@asynccontextmanager
async def proxied(server: Address) -> AsyncIterator[Proxy]:
    """A proxy on a port of the loopback until the block is left."""
    proxy = Proxy(server)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
