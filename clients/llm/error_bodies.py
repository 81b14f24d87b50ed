"""The bodies of errors: the client library reads them whole, so they are cut short before."""

from collections.abc import AsyncIterator

import httpx2

MOST_ERROR_BYTES = 64 * 1024
_FIRST_ERROR = 400


async def cut_error_short(response: httpx2.Response) -> None:
    """Let no more than `MOST_ERROR_BYTES` be read of an error; the status says enough."""
    if response.status_code >= _FIRST_ERROR and isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Beginning(response.stream)


class _Beginning(httpx2.AsyncByteStream):
    """The first bytes of a stream."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MOST_ERROR_BYTES
        async for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def aclose(self) -> None:
        """Close the connection, unless all of it was read."""
        await self._stream.aclose()
