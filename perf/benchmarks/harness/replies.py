"""Requesting a reply and timing it while it streams: from the model, or through our API."""

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from uuid import uuid4

import orjson

from perf.llm_standin.application import CHAT_PATH
from perf.servers.connection import UnexpectedAnswer, connected

_STREAM, _JSON = "text/event-stream", "application/json"
_DONE = b"[DONE]"
_AT_ONCE = nullcontext()
_SEND = """mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) {
    conversation { id }
    message { id }
    reply { id status }
    quota { remaining }
    userErrors { code message }
  }
}"""
FOLLOW = """subscription Follow($reply: ID!) {
  replyStream(messageId: $reply) {
    __typename
    ... on ReplyDelta { index text }
    ... on ReplyCompleted { message { content } quota { remaining } }
    ... on ReplyFailed { error { code message } }
  }
}"""


@dataclass(slots=True)
class Reply:
    """The pieces of a reply and when they came, in seconds of `perf_counter`.

    `asked_at` is when the instance was made.
    """

    asked_at: float = field(default_factory=perf_counter)
    first_at: float = 0.0
    ended_at: float = 0.0
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The whole text so far."""
        return "".join(self.pieces)

    @property
    def first_seconds(self) -> float:
        """Seconds from the request to the first piece."""
        return self.first_at - self.asked_at

    def add(self, piece: str) -> None:
        """Record the next piece."""
        if not self.pieces:
            self.first_at = perf_counter()
        self.pieces.append(piece)

    def end(self) -> None:
        """Record that the reply has ended."""
        self.ended_at = perf_counter()


async def model_reply(port: int, question: str) -> Reply:
    """Read a reply from the chat API at this port."""
    body = orjson.dumps(
        {"model": "any", "messages": [{"role": "user", "content": question}], "stream": True}
    )
    reply = Reply()
    async with connected(port) as wire:
        wire.post(CHAT_PATH, body, accept=_STREAM)
        async for event in wire.events():
            delta = {} if event == _DONE else orjson.loads(event)["choices"][0]["delta"]
            if delta.get("content"):
                reply.add(delta["content"])
    reply.end()
    return reply


@dataclass(slots=True)
class ChatUser:
    """A person who continues one conversation."""

    token: str
    conversation_id: str | None = None

    async def ask(
        self, port: int, question: str, *, turn: AbstractAsyncContextManager[None] = _AT_ONCE
    ) -> Reply:
        """Send a message once `turn` is entered, and read the reply through `replyStream`.

        Raises `UnexpectedAnswer`, also if the reply failed or its deltas do not add up to its text.
        """
        async with turn:
            reply = Reply()
            reply_id = await self.send(port, question)
        async with connected(port) as wire:
            wire.post("/graphql", body_of(FOLLOW, reply=reply_id), **self._headers(_STREAM))
            async for event in wire.events():
                _take(event, reply)
        if not reply.ended_at:
            raise UnexpectedAnswer(b"a stream ended before its reply")
        return reply

    async def send(self, port: int, question: str) -> str:
        """Send a message and return the id of its reply; raises `UnexpectedAnswer`."""
        message = {"content": question, "idempotencyKey": uuid4().hex, "delivery": "STREAM"}
        if self.conversation_id is not None:
            message["conversationId"] = self.conversation_id
        async with connected(port) as wire:
            wire.post("/graphql", body_of(_SEND, input=message), **self._headers(_JSON))
            answer = await wire.answer()
        sent = (orjson.loads(answer)["data"] or {}).get("sendMessage")
        if sent is None or sent["userErrors"]:
            raise UnexpectedAnswer(answer)
        self.conversation_id = sent["conversation"]["id"]
        reply_id: str = sent["reply"]["id"]
        return reply_id

    def _headers(self, accept: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}", "accept": accept}


def _take(event: bytes, reply: Reply) -> None:
    happened = (orjson.loads(event).get("data") or {}).get("replyStream", {})
    match happened.get("__typename"):
        case "ReplyDelta":
            reply.add(happened["text"])
        case "ReplyCompleted" if happened["message"]["content"] == reply.text:
            reply.end()
        case _:
            raise UnexpectedAnswer(event)


# Any: variables are JSON.
def body_of(document: str, **variables: Any) -> bytes:
    """The JSON body of a request for an operation."""
    return orjson.dumps({"query": document, "variables": variables})
