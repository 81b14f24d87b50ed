"""What may stand between a client and a Redis, or in its place."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def fake_server(answer: Answering) -> AsyncIterator[str]:
    """Answer connections, and end with all of them when the block is left."""
    answering: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        answering.add(task)
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)


async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Take what comes and answer nothing."""
    await reader.read()


class FaultyProxy:
    """A way to a Redis on which answers take their time, or nothing gets through at all."""

    def __init__(self, url: str) -> None:
        self._port = int(url.rpartition(":")[2].partition("/")[0])
        self.delay_seconds = 0.0
        self.drops = False

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what is asked at once, and what is answered after the delay."""
        answers, asks = await asyncio.open_connection("127.0.0.1", self._port)
        asking = asyncio.create_task(self._pass_on(reader, asks))
        try:
            while part := await answers.read(65_536):
                await asyncio.sleep(self.delay_seconds)
                if not self.drops:
                    writer.write(part)
        finally:
            asking.cancel()
            asks.close()

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while part := await source.read(65_536):
            if not self.drops:
                sink.write(part)
        sink.close()
