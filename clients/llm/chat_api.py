"""One attempt to generate a reply, over the OpenAI chat API."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from math import inf

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from clients.llm import FailureReason, GenerationReport, PromptMessage
from clients.llm.patience import Patience
from clients.llm.response.body import CoalescedBody
from clients.llm.response.error_body import error_code
from clients.llm.response.failures import AttemptFailed, failure_from_status, malformed, unavailable
from clients.llm.response.reply_reader import ReplyReader
from spans.current import propagated_fields

_CONNECT_SECONDS = 5.0
_TRAILER_SECONDS = 3.0
"""How long to wait, after the reason to finish, for token counts or `[DONE]`."""
_DRAIN_SECONDS = 0.25
"""How long to wait for the end of the response after `[DONE]`, to reuse the connection."""
_EVENTS = "text/event-stream"
_FIRST_ERROR = 400


class ChatApi:
    """Calls the API at `url`; dates in Retry-After are compared with `now`.

    Text that arrives within `pause_seconds` of a piece of the reply is joined into the next.
    """

    def __init__(
        self,
        session: ClientSession,
        url: str,
        model: str,
        *,
        most_characters: int,
        pause_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self._session = session
        self._url = url
        self._model = model
        self._most_characters = most_characters
        self._pause_seconds = pause_seconds
        self._now = now

    async def stream(
        self, messages: Sequence[PromptMessage], report: GenerationReport, patience: Patience
    ) -> AsyncGenerator[str, None]:
        """Yield the reply in pieces, none of them empty, and record the token counts.

        Raises `AttemptFailed`. Closing the generator closes the request.
        """
        reader = ReplyReader(report, most_characters=self._most_characters)
        failure = None
        response = None
        try:
            async with asyncio.timeout_at(patience.until):
                response = await self._open(messages, patience.deadline)
            body = CoalescedBody(response.content)
            while not reader.is_done:
                piece = await _next(body, reader, patience)
                text, failure = _joined(reader.feed(piece) if piece else reader.end())
                if text:
                    yield text
                    patience.renew()
                if failure is not None or not piece:
                    break
                if text and not reader.is_done:
                    await body.pause(self._pause_seconds)
            else:
                await _drain(response)
        except ClientError as error:
            failure = unavailable()
            failure.__cause__ = error
        except TimeoutError:
            failure = AttemptFailed(FailureReason.TIMEOUT)
        except AttemptFailed as error:
            failure = error
        finally:
            if response is not None:
                # If everything was read, the connection is already back in the pool.
                response.close()
        reader.check_complete(failure)

    async def _open(self, messages: Sequence[PromptMessage], deadline: float) -> ClientResponse:
        seconds = max(0.0, deadline - asyncio.get_running_loop().time())
        response = await self._session.post(
            self._url,
            json={
                "model": self._model,
                "messages": [{"role": one.role.value, "content": one.content} for one in messages],
                "stream": True,
                "stream_options": {"include_usage": True},
            },
            headers=propagated_fields(),
            timeout=ClientTimeout(seconds, sock_connect=_CONNECT_SECONDS, ceil_threshold=inf),
        )
        try:
            await self._check(response)
        except BaseException:
            response.close()
            raise
        return response

    async def _check(self, response: ClientResponse) -> None:
        """Raise `AttemptFailed` unless the response is a stream of events."""
        if response.status >= _FIRST_ERROR:
            code = await error_code(response)
            raise failure_from_status(response.status, response.headers, code, self._now())
        if not response.headers.get("content-type", _EVENTS).lower().startswith(_EVENTS):
            raise malformed()


async def _next(body: CoalescedBody, reader: ReplyReader, patience: Patience) -> bytes:
    """The next bytes, empty after the last; raises `TimeoutError`."""
    if reader.has_finished:
        async with asyncio.timeout(_TRAILER_SECONDS):
            return await body.piece()
    if not patience.has_successor:
        # The request has a deadline of its own.
        return await body.piece()
    async with asyncio.timeout_at(patience.until):
        return await body.piece()


def _joined(texts: Iterator[str]) -> tuple[str, AttemptFailed | None]:
    """The texts joined, and the failure that ended them, if any."""
    joined: list[str] = []
    try:
        joined.extend(texts)
    except AttemptFailed as failure:
        return "".join(joined), failure
    return "".join(joined), None


async def _drain(response: ClientResponse) -> None:
    """Read the rest of the response; errors here do not affect the reply."""
    with suppress(TimeoutError, ClientError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while await response.content.readany():
                pass
