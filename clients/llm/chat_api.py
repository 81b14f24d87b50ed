"""One attempt at a reply, over the OpenAI chat API."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, suppress
from datetime import datetime

import httpx2
from openai import AsyncOpenAI, AsyncStream

from clients.llm import FailureReason, GenerationReport, PromptMessage
from clients.llm.failures import (
    NOT_ANSWERED,
    AttemptFailed,
    failure_from,
    malformed,
)
from clients.llm.reading import ReplyReader

_REMARKS_SECONDS = 3.0
"""How long more is waited for when a reply has said that it ends: counts, or `[DONE]`."""
_DRAINING_SECONDS = 0.25
"""How long the end of the response is waited for after `[DONE]`, to use the connection again."""
_EVENTS = "text/event-stream"


class ChatApi:
    """Asks through the client library; `now` is what dates in Retry-After are compared with.

    The stream is read here, and not by the library: there an event may be as long as it likes,
    and one byte that is not UTF-8 ends the reply.
    """

    def __init__(
        self,
        client: AsyncOpenAI,
        model: str,
        *,
        most_characters: int,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._model = model
        self._most_characters = most_characters
        self._now = now

    async def stream(
        self, messages: Sequence[PromptMessage], report: GenerationReport, *, deadline: float
    ) -> AsyncGenerator[str, None]:
        """Give the reply in pieces, none of them empty, and note the token counts.

        `deadline` is by the event loop's clock. Raises `AttemptFailed`. Closing the generator
        closes the request.
        """
        reader = ReplyReader(report, most_characters=self._most_characters)
        failure = None
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._open(messages)
            async with aclosing(response), aclosing(_bytes_of(response)) as pieces:
                while not reader.is_done:
                    piece = await _next(pieces, reader, deadline)
                    for text in reader.end() if piece is None else reader.feed(piece):
                        yield text
                    if piece is None:
                        break
                else:
                    await _drain(pieces)
        except TimeoutError:
            failure = AttemptFailed(FailureReason.TIMEOUT)
        except NOT_ANSWERED as error:
            failure = failure_from(error, self._now())
            failure.__cause__ = error
        except AttemptFailed as error:
            failure = error
        reader.check_whole(failure)

    async def _open(self, messages: Sequence[PromptMessage]) -> httpx2.Response:
        # Not `chat.completions.create`, which spends a fifth of a millisecond on each chunk to
        # build models of it that it does not validate.
        stream = await self._client.post(
            "/chat/completions",
            cast_to=object,
            body={
                "model": self._model,
                "messages": [{"role": one.role.value, "content": one.content} for one in messages],
                "stream": True,
                "stream_options": {"include_usage": True},
            },
            stream=True,
            stream_cls=AsyncStream[object],
        )
        response = stream.response
        if not response.headers.get("content-type", _EVENTS).lower().startswith(_EVENTS):
            await response.aclose()
            raise malformed()
        return response


async def _bytes_of(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    async for piece in response.aiter_bytes():
        yield piece


async def _next(
    pieces: AsyncGenerator[bytes, None], reader: ReplyReader, deadline: float
) -> bytes | None:
    """The next bytes, or None after the last; raises `TimeoutError`."""
    if reader.is_over:
        deadline = min(deadline, asyncio.get_running_loop().time() + _REMARKS_SECONDS)
    async with asyncio.timeout_at(deadline):
        return await anext(pieces, None)


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    """Read the rest of the response; whatever goes wrong here takes nothing from the reply."""
    with suppress(TimeoutError, *NOT_ANSWERED):
        async with asyncio.timeout(_DRAINING_SECONDS):
            async for _ in pieces:
                pass
