"""People who send messages with idempotency keys, each again until it is answered."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any

import httpx2

from perf.chaos.kill_replies.streams import read_over_events, read_over_socket

_AGAIN_SECONDS = 0.25
_SEND = """mutation Send($input: SendMessageInput!) { sendMessage(input: $input) {
  message { id content } reply { id status content } userErrors { code } } }"""
_STOP = """mutation Stop($input: StopReplyInput!) { stopReply(input: $input) {
  reply { id status content } userErrors { code } } }"""
_ANSWERS = frozenset({(), ("LLM_UNAVAILABLE",)})


class Delivery(Enum):
    """How a message is delivered: waiting, streamed, or stopped while it streams."""

    WAIT = "wait"
    STREAM = "stream"
    STOP = "stop"


_WEIGHTS = {Delivery.WAIT: 6, Delivery.STREAM: 3, Delivery.STOP: 1}


class UnexplainedError(Exception):
    """The server answered with an error that killing it does not explain."""


@dataclass(frozen=True, slots=True)
class MessageToSend:
    """A message to be sent, with its idempotency key and unique text."""

    key: str
    content: str
    delivery: Delivery


@dataclass(slots=True)
class ClientAnswers:
    """What clients were answered: by key, the ids of message and reply."""

    exchanges: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    whole: dict[str, str] = field(default_factory=dict)
    """The text of complete replies, by id."""
    shown: dict[str, list[str]] = field(default_factory=dict)
    """The text read from each reply's streams, by id: one text for each transport."""
    requests: int = 0
    failed: int = 0


def messages_to_send(person: int, count: int, random: Random) -> list[MessageToSend]:
    """The messages that a person is going to send."""
    return [
        MessageToSend(
            key=f"person {person} message {number}",
            content=f"Person {person}, message {number}: how do I begin?",
            delivery=random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0],
        )
        for number in range(count)
    ]


class MessageSender:
    """Sends one message after another with the person's token."""

    def __init__(self, http: httpx2.AsyncClient, token: str, answers: ClientAnswers) -> None:
        self._http = http
        self._headers = {"authorization": f"Bearer {token}"}
        self._answers = answers

    async def send_all(self, messages: list[MessageToSend], answered: Callable[[], None]) -> None:
        """Send all, call `answered` after each, and read the streams of their replies."""
        async with asyncio.TaskGroup() as reading:
            for one in messages:
                reply_id = await self.send(one)
                if one.delivery is not Delivery.WAIT:
                    reading.create_task(self._read(reply_id))
                if one.delivery is Delivery.STOP:
                    await self._ask(_STOP, {"messageId": reply_id})
                answered()

    async def send(self, message: MessageToSend) -> str:
        """Send a message until it is answered, record the answer, and return the reply's id."""
        payload = await self._ask(
            _SEND,
            {
                "content": message.content,
                "idempotencyKey": message.key,
                "delivery": "WAIT" if message.delivery is Delivery.WAIT else "STREAM",
            },
        )
        reply = payload["reply"]
        self._answers.exchanges[message.key].add((payload["message"]["id"], reply["id"]))
        if reply["status"] == "COMPLETE":
            self._answers.whole[reply["id"]] = reply["content"]
        return str(reply["id"])

    async def _read(self, reply_id: str) -> None:
        self._answers.shown[reply_id] = await asyncio.gather(
            *(
                read(self._http, self._headers, reply_id)
                for read in (read_over_events, read_over_socket)
            )
        )

    # Any: inputs and payloads are JSON.
    async def _ask(self, document: str, input_: dict[str, Any]) -> dict[str, Any]:
        request = {"query": document, "variables": {"input": input_}}
        while True:
            self._answers.requests += 1
            try:
                answer = await self._http.post("/graphql", json=request, headers=self._headers)
                body = answer.json()
            except (httpx2.TransportError, ValueError):
                self._answers.failed += 1
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            if "errors" in body:
                raise UnexplainedError(str(body["errors"]))
            (payload,) = body["data"].values()
            if tuple(error["code"] for error in payload["userErrors"]) not in _ANSWERS:
                raise UnexplainedError(str(payload["userErrors"]))
            return dict(payload)
