"""Answers as server-sent events: GraphQL over SSE, distinct connections mode.

The stream ends with `complete`, unless the server stops or the client's token ends: a client then
finds the connection closed, asks again with `Last-Event-ID`, and misses nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.graphql.accept import EVENT_STREAM
from app.graphql.answers import Answer, Record, broken
from app.graphql.incoming import Incoming
from app.graphql.racing import until_first, until_gone
from app.graphql.writing import written
from app.stopping import STOPPING

HEARTBEAT_SECONDS = 15.0
STALLED_SECONDS = 60.0
"""How long a client may read nothing at all before it is given up."""
_GOODBYE_SECONDS = 1.0
_HEARTBEAT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"
_HEADERS = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}


class EventStream(Response):
    """Sends each answer as it comes, until the last, or until the client or the server goes."""

    media_type = EVENT_STREAM

    def __init__(
        self,
        answers: AsyncGenerator[Answer, None],
        request: Incoming,
        *,
        heartbeat_seconds: float,
        expired: Callable[[], Coroutine[object, object, None]],
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._answers = answers
        self._request_id = request.exchange.request_id
        self._log = request.exchange.log
        self._stopping: asyncio.Event = request.scope["state"][STOPPING]
        self._heartbeat_seconds = heartbeat_seconds
        self._expired = expired

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Stream; the source of the answers is closed when this returns."""
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        await until_first(
            self._stream(send),
            self._beat(send),
            until_gone(receive),
            self._until_stopped(),
            self._expired(),
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await send({"type": "http.response.body", "body": b""})

    async def _stream(self, send: Send) -> None:
        record = Record()
        try:
            async with aclosing(self._answers) as answers:
                async for answer in answers:
                    record.add(answer)
                    await _send(send, in_words(answer))
            await _send(send, _COMPLETE)
        except Exception as error:  # noqa: BLE001 - it is logged, and the client is told
            answer = broken(error, self._request_id)
            record.add(answer)
            await _send(send, in_words(answer) + _COMPLETE)
        finally:
            self._log.update(record.line)

    async def _beat(self, send: Send) -> None:
        """Send a comment at once, for clients that wait for a first byte, and then regularly."""
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(STALLED_SECONDS):
                    await _send(send, _HEARTBEAT)
                await asyncio.sleep(self._heartbeat_seconds)

    async def _until_stopped(self) -> None:
        await self._stopping.wait()


def in_words(answer: Answer) -> bytes:
    """The event of an answer, numbered where the answer is."""
    number = b"" if answer.number is None else b"id: %d\n" % answer.number
    return b"event: next\n%bdata: %b\n\n" % (number, written(answer.body))


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
