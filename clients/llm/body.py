"""The body of a model's answer, taken in as it comes, and given in few pieces."""

import asyncio

from aiohttp import ClientResponse, StreamReader

_STEADY = 5
"""After so many rests a reply is taken for a long one, of which the end may come a rest later."""


class PacedBody:
    """Gives what has come, and joins what comes while its reader rests.

    That is joined by the HTTP client, so that a token takes no turn of its own, and of a steady
    stream by the operating system, so that it takes no reading either. A failure is raised after
    what came before it was given.
    """

    def __init__(self, response: ClientResponse) -> None:
        self._content = content = response.content
        self._connection = response.connection
        self._loop = asyncio.get_running_loop()
        self._rests = 0
        self._resting: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None
        content.on_eof(self._wake)

    async def piece(self) -> bytes:
        """The next bytes; none where the body has ended.

        Raises what the client library does, and `TimeoutError` at the deadline of the request.
        """
        if self._failure is not None:
            raise self._failure
        try:
            return await self._content.readany()
        except Exception as error:
            piece = _left_in(self._content)
            if not piece:
                raise
            self._failure = error
            return piece

    async def rest(self, seconds: float) -> None:
        """Let come what comes; where the body ends the rest ends, but that of a steady stream."""
        if self._content.is_eof() or self._failure is not None:
            return
        self._rests += 1
        held = self._connection.transport if self._connection and self._rests > _STEADY else None
        if held is not None:
            held.pause_reading()
        self._resting = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._wake)
        try:
            await self._resting
        finally:
            timer.cancel()
            self._resting = None
            if held is not None and not held.is_closing():
                held.resume_reading()

    def _wake(self) -> None:
        if self._resting is not None and not self._resting.done():
            self._resting.set_result(None)


def _left_in(content: StreamReader) -> bytes:
    """What came before the connection failed, which no method of the library gives any more."""
    left = b"".join(content._buffer)  # noqa: SLF001 - see docs/dependencies.md
    content._buffer.clear()  # noqa: SLF001
    return left
