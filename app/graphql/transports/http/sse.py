"""Responses as server-sent events: GraphQL over SSE, distinct connections mode.

The stream ends with `complete`, unless the server shuts down or the client's token expires: the
client then reconnects with `Last-Event-ID`, and misses nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager, suppress
from typing import Protocol

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.graphql.pipeline.responses import OperationResponse
from app.graphql.request.content_negotiation import EVENT_STREAM
from app.graphql.request.http_request import until_gone
from app.graphql.transports.cancel_scope import CancelScope
from app.graphql.transports.credential_expiry import CredentialExpiry
from app.graphql.transports.heartbeats import Heartbeats, try_send
from app.http.content_coding import GZIP, GzipStream
from app.http.json_encoding import encode_json
from app.http.shutdown import ShutdownEvent

HEARTBEAT_SECONDS = 15.0
STALLED_SECONDS = 60.0
"""How long a client may read nothing before its stream is cancelled."""
_CLOSE_TIMEOUT_SECONDS = 1.0
_HEARTBEAT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"
_HEADERS = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
Expires = Callable[[Callable[[], None]], CredentialExpiry | None]
"""Schedules a callback for the expiry of the client's credential, if it expires."""


class EventFraming(Protocol):
    """How the responses of a stream are framed; `fields` are header fields of its own."""

    fields: Mapping[str, str]

    def begin(self) -> bytes:
        """What comes before the first response."""

    def event(self, answer: OperationResponse) -> bytes:
        """A response."""

    def end(self) -> bytes:
        """What comes after the last response."""

    def cut(self) -> bytes:
        """What comes in place of the rest, where the server ends the stream before its end."""


class GraphQLFraming:
    """Events as GraphQL over SSE has them: a stream that is cut has no `complete`."""

    fields: Mapping[str, str] = {}

    def begin(self) -> bytes:
        """See `EventFraming`."""
        return b""

    def event(self, answer: OperationResponse) -> bytes:
        """See `EventFraming`."""
        return encode_event(answer)

    def end(self) -> bytes:
        """See `EventFraming`."""
        return _COMPLETE

    def cut(self) -> bytes:
        """See `EventFraming`."""
        return b""


_GRAPHQL = GraphQLFraming()


class EventStreamResponse(Response):
    """Sends each response as it comes, until the last, a disconnect, or a shutdown."""

    media_type = EVENT_STREAM

    def __init__(
        self,
        answers: AsyncGenerator[OperationResponse, None],
        *,
        shutdown: ShutdownEvent,
        heartbeats: Heartbeats,
        expires: Expires,
        is_compressed: bool = False,
        framing: EventFraming = _GRAPHQL,
    ) -> None:
        super().__init__(headers={**_HEADERS, **framing.fields})
        del self.headers["content-length"]
        self._framing = framing
        self._has_ended = False
        # A coding with a large window would take more memory than all the rest of a stream.
        self._coder = GzipStream(has_small_window=True) if is_compressed else None
        if is_compressed:
            self.raw_headers.append((b"content-encoding", GZIP.name))
        self._answers = answers
        self._shutdown = shutdown
        self._heartbeats = heartbeats
        self._expires = expires
        self._cancel_scope = CancelScope()
        self._written_at = 0.0

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; the source of the responses is closed when this returns."""
        self._send = send
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        with self._cancel_scope, self._watched(receive):
            # Some clients report an open connection only after the first byte.
            await self._write(_HEARTBEAT + self._framing.begin())
            await self._stream()
        rest = b"" if self._has_ended else self._framing.cut()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT_SECONDS):
                coder = self._coder
                end = rest if coder is None else coder.encode(rest) + coder.end()
                await send({"type": "http.response.body", "body": end})

    def beat_if_silent_since(self, instant: float) -> None:
        """Send a comment if nothing was sent since `instant`; cancel a stalled client's stream."""
        if self._written_at > instant:
            return
        if self._try_beat():
            self._written_at = self._loop.time()
        elif self._written_at < instant - STALLED_SECONDS:
            self._cancel_scope.cancel()

    def _try_beat(self) -> bool:
        coder = self._coder
        if coder is None:
            return try_send(self._send(_body(_HEARTBEAT)))
        ahead = coder.copy()
        is_sent = try_send(self._send(_body(ahead.encode(_HEARTBEAT))))
        if is_sent:
            self._coder = ahead
        return is_sent

    @contextmanager
    def _watched(self, receive: Receive) -> Iterator[None]:
        """Cancel the stream when the client goes, its credential expires, or the server stops."""
        cancel = self._cancel_scope.cancel
        self._loop = asyncio.get_running_loop()
        watching = asyncio.create_task(until_gone(receive))
        watching.add_done_callback(lambda _: cancel())
        expiry = self._expires(cancel)
        self._shutdown.listen(cancel)
        self._heartbeats.add(self)
        try:
            yield
        finally:
            self._heartbeats.remove(self)
            self._shutdown.ignore(cancel)
            if expiry is not None:
                expiry.cancel()
            watching.cancel()

    async def _stream(self) -> None:
        async with aclosing(self._answers) as answers:
            async for answer in answers:
                await self._write(self._framing.event(answer))
        await self._write(self._framing.end())
        self._has_ended = True

    async def _write(self, body: bytes) -> None:
        self._written_at = self._loop.time()
        await self._send(_body(body if self._coder is None else self._coder.encode(body)))


def _body(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}


def encode_event(answer: OperationResponse) -> bytes:
    """The bytes of a response's event, with its id if it has one."""
    number = b"" if answer.number is None else b"id: %d\n" % answer.number
    return b"event: next\n%bdata: %b\n\n" % (number, encode_json(answer.body))
