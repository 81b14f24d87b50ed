"""The body of a model's answer, taken in as it comes, and given in few pieces."""

import asyncio

from aiohttp import StreamReader


class PacedBody:
    """Gives what has come; what comes while its reader rests is joined by the HTTP client.

    So a token takes no turn of its own. A failure is raised after what came before it was given.
    """

    def __init__(self, content: StreamReader) -> None:
        self._content = content
        self._loop = asyncio.get_running_loop()
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
        """Let come what comes, for so long, or until the body ends."""
        if self._content.is_eof() or self._failure is not None:
            return
        self._resting = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._wake)
        try:
            await self._resting
        finally:
            timer.cancel()
            self._resting = None

    def _wake(self) -> None:
        if self._resting is not None and not self._resting.done():
            self._resting.set_result(None)


def _left_in(content: StreamReader) -> bytes:
    """What came before the connection failed, which no method of the library gives any more."""
    left = b"".join(content._buffer)  # noqa: SLF001 - see docs/dependencies.md
    content._buffer.clear()  # noqa: SLF001
    return left
