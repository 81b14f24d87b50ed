"""Sending one reply: at the configured pace, with the configured faults."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from operator import itemgetter

from starlette.types import Receive, Scope, Send

from perf.llm_standin.behaviour import Behaviour, StreamEnd
from perf.llm_standin.chat_api import DONE, FAILURE, MALFORMED, Usage, chunk, completion, error

_JSON = ((b"content-type", b"application/json"),)


class CallOutcome(Enum):
    """The outcome of a call."""

    FINISHED = "finished"
    REFUSED = "refused"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class ConnectionCut(Exception):
    """Raised to close the connection in the middle of a response."""


@dataclass(frozen=True, slots=True)
class ReplyResponse:
    """An ASGI application that sends one reply, and then calls `on_end`.

    That is given the outcome, and how many tokens were sent.
    """

    behaviour: Behaviour
    reply_id: str
    pieces: Sequence[str]
    prompt_tokens: int
    is_streamed: bool
    wants_usage: bool
    on_end: Callable[[CallOutcome, int], None]
    sent: list[int] = field(default_factory=list)
    """How many tokens each of the sends had."""

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send the reply, or stop as soon as the client disconnects."""
        writing = asyncio.create_task(self._write(send))
        leaving = asyncio.create_task(_client_leaves(receive))
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not writing.done():
                self.on_end(CallOutcome.CANCELLED, sum(self.sent))
                return
            await writing
        except ConnectionCut:
            self.on_end(CallOutcome.BROKEN, sum(self.sent))
            raise
        else:
            self.on_end(CallOutcome.FINISHED, len(self.pieces))
        finally:
            writing.cancel()
            leaving.cancel()

    async def _write(self, send: Send) -> None:
        if self.behaviour.hang_after == 0:
            await _hang(send)
        if self.is_streamed and self.behaviour.stream is not None:
            await self._send_exactly(send, b64decode(self.behaviour.stream))
        elif self.is_streamed:
            await self._stream(send)
        else:
            await self._send_whole(send)

    async def _stream(self, send: Send) -> None:
        await self._start_events(send)
        limit, fault = self._fault()
        async for start, end in _due(int(min(limit, len(self.pieces))), self.behaviour):
            events = [chunk(self.reply_id, content=piece) for piece in self.pieces[start:end]]
            if start == 0:
                events.insert(0, chunk(self.reply_id, content=""))
            self.sent.append(end - start)
            await _send_body(send, b"".join(events), more=True)
        if limit <= len(self.pieces):
            await fault(send)
        ending = chunk(self.reply_id, finish=self.behaviour.finish.value)
        if self.wants_usage and self.behaviour.reports_usage:
            ending += chunk(self.reply_id, usage=self._usage())
        await _send_body(send, ending + DONE, more=False)

    async def _send_exactly(self, send: Send, body: bytes) -> None:
        await self._start_events(send)
        size = self.behaviour.stream_piece_bytes
        for start in range(0, len(body), size):
            await _send_body(send, body[start : start + size], more=True)
        if self.behaviour.stream_end is StreamEnd.CUT:
            await _cut(send)
        if self.behaviour.stream_end is StreamEnd.SILENCE:
            await _hang(send)
        await _send_body(send, b"", more=False)

    async def _start_events(self, send: Send) -> None:
        headers = (
            (b"content-type", self.behaviour.content_type.encode("latin-1")),
            (b"cache-control", b"no-cache"),
        )
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _send_whole(self, send: Send) -> None:
        async for _ in _due(len(self.pieces), self.behaviour):
            pass
        body = completion(
            self.reply_id, "".join(self.pieces), self.behaviour.finish.value, self._usage()
        )
        await send({"type": "http.response.start", "status": 200, "headers": _JSON})
        limit, fault = self._fault()
        if limit <= len(self.pieces):
            await fault(send)
        await _send_body(send, body, more=False)

    def _fault(self) -> tuple[float, Callable[[Send], Awaitable[None]]]:
        """The number of tokens before the first fault (infinity without one), and the fault."""
        faults = (
            (self.behaviour.hang_after, _hang),
            (self.behaviour.cut_after, _cut),
            (self.behaviour.malformed_after, _send_malformed),
            (self.behaviour.error_after, self._send_error),
        )
        return min(
            ((inf if after is None else after, fault) for after, fault in faults),
            key=itemgetter(0),
        )

    async def _send_error(self, send: Send) -> None:
        failure = error(FAILURE, self.behaviour.error_code)
        await _send_body(send, b"data: " + failure + b"\n\n", more=True)

    def _usage(self) -> Usage:
        told = self.behaviour
        return Usage(
            self.prompt_tokens if told.usage_prompt_tokens is None else told.usage_prompt_tokens,
            len(self.pieces)
            if told.usage_completion_tokens is None
            else told.usage_completion_tokens,
            told.usage_cached_tokens,
            told.usage_reasoning_tokens,
        )


async def _due(tokens: int, behaviour: Behaviour) -> AsyncIterator[tuple[int, int]]:
    """Yield ranges of tokens when they are due; late ones are combined."""
    loop = asyncio.get_running_loop()
    begun = loop.time() + behaviour.first_token_seconds
    await asyncio.sleep(behaviour.first_token_seconds)
    speed = behaviour.tokens_per_second
    given = 0
    while given < tokens:
        due = 1 + int(max(0.0, loop.time() - begun) * speed) if speed else tokens
        if due > given:
            yield given, min(due, tokens)
            given = min(due, tokens)
        else:
            await asyncio.sleep(begun + given / speed - loop.time())


async def _send_body(send: Send, body: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _hang(_send: Send) -> None:
    await asyncio.get_running_loop().create_future()


async def _cut(_send: Send) -> None:
    raise ConnectionCut


async def _send_malformed(send: Send) -> None:
    await _send_body(send, MALFORMED, more=True)


async def _client_leaves(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
