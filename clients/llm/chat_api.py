"""One attempt at a reply, over the OpenAI chat API."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from datetime import datetime

from openai import AsyncOpenAI, AsyncStream

from clients.llm import FailureReason, GenerationReport, PromptMessage
from clients.llm.chunks import Chunk, note_usage, read_chunk
from clients.llm.failures import (
    NOT_ANSWERED,
    AttemptFailed,
    failure_from,
    malformed,
    unavailable,
)

_USAGE_SECONDS = 1.0
"""How long the token counts are waited for when the reply is whole."""
_REASONS_BY_FINISH = {
    "length": FailureReason.TOO_LONG,
    "content_filter": FailureReason.REFUSED,
}


class ChatApi:
    """Asks through the client library; `now` is what dates in Retry-After are compared with."""

    def __init__(self, client: AsyncOpenAI, model: str, *, now: Callable[[], datetime]) -> None:
        self._client = client
        self._model = model
        self._now = now

    async def stream(
        self, messages: Sequence[PromptMessage], report: GenerationReport
    ) -> AsyncGenerator[str, None]:
        """Give the reply in pieces, none of them empty, and note the token counts at the end.

        Raises `AttemptFailed`. Closing the generator closes the request.
        """
        is_empty = True
        try:
            async with aclosing(await self._open(messages)) as chunks:
                finish = None
                while finish is None:
                    chunk = await _next(chunks, report)
                    if chunk.text:
                        is_empty = False
                        yield chunk.text
                    finish = chunk.finish
                await _note_rest(chunks, report)
        except NOT_ANSWERED as error:
            raise failure_from(error, self._now()) from error
        if finish in _REASONS_BY_FINISH:
            raise AttemptFailed(_REASONS_BY_FINISH[finish])
        if is_empty:
            raise AttemptFailed(FailureReason.MALFORMED)

    async def _open(self, messages: Sequence[PromptMessage]) -> AsyncStream[object]:
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
        if not stream.response.headers.get("content-type", "").startswith("text/event-stream"):
            await stream.aclose()
            raise malformed()
        return stream


async def _next(chunks: AsyncStream[object], report: GenerationReport) -> Chunk:
    try:
        chunk = await anext(chunks)
    except StopAsyncIteration:
        # Without a reason to finish the reply has been cut, however politely.
        raise unavailable() from None
    note_usage(chunk, report)
    return read_chunk(chunk)


async def _note_rest(chunks: AsyncStream[object], report: GenerationReport) -> None:
    """Read what follows a whole reply, so that the connection can be used again.

    Whatever goes wrong here takes nothing from the reply.
    """
    with suppress(TimeoutError, *NOT_ANSWERED):
        async with asyncio.timeout(_USAGE_SECONDS):
            async for chunk in chunks:
                note_usage(chunk, report)
