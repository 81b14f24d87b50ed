"""The body of a model's response, read in few large pieces while it is streamed."""

import asyncio

from aiohttp import StreamReader


class CoalescedBody:
    """Returns the bytes that have arrived; those that arrive during `pause` are joined.

    So a single token does not wake the reader. Bytes that arrived before an error are returned
    before it is raised.
    """

    def __init__(self, content: StreamReader) -> None:
        self._content = content
        self._loop = asyncio.get_running_loop()
        self._pausing: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None
        content.on_eof(self._wake)

    async def piece(self) -> bytes:
        """The next bytes; empty if the body has ended.

        Raises the client library's errors, and `TimeoutError` at the deadline of the request.
        """
        if self._failure is not None:
            raise self._failure
        try:
            return await self._content.readany()
        except Exception as error:
            piece = _take_buffered(self._content)
            if not piece:
                raise
            self._failure = error
            return piece

    async def pause(self, seconds: float) -> None:
        """Let bytes arrive for `seconds`, or until the body ends."""
        if self._content.is_eof() or self._failure is not None:
            return
        self._pausing = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._wake)
        try:
            await self._pausing
        finally:
            timer.cancel()
            self._pausing = None

    def _wake(self) -> None:
        if self._pausing is not None and not self._pausing.done():
            self._pausing.set_result(None)


def _take_buffered(content: StreamReader) -> bytes:
    """The bytes that arrived before the connection failed, which no public method returns."""
    buffered = b"".join(content._buffer)  # noqa: SLF001 - see docs/dependencies.md
    content._buffer.clear()  # noqa: SLF001
    return buffered
