"""Honest clients of every kind, which send requests all the time and record the answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from time import perf_counter
from typing import Any

import httpx2

_PAUSE_SECONDS = 0.03
_PATIENCE_SECONDS = 60.0
_OK = 200
UNANSWERED = 0
"""Stands for the status of a request whose connection ended without an answer."""
_SEND = """mutation Send($input: SendMessageInput!) { sendMessage(input: $input) {
  message { id } userErrors { code } } }"""


class ClientKind(Enum):
    """How a client authenticates, and whether it sends messages."""

    SIGNED_IN = "signed in"
    API_KEY = "API key"
    ANONYMOUS = "anonymous"
    SENDER = "sender"


_QUESTIONS = {
    ClientKind.SIGNED_IN: (
        "{ viewer { email conversations(first: 5) { edges { node { title } } } } }"
    ),
    ClientKind.API_KEY: "{ enterpriseAccount { companyName } }",
    ClientKind.ANONYMOUS: "{ plans { code } }",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; instants are those of `time.perf_counter`."""

    kind: ClientKind
    status: int
    is_success: bool
    has_retry_after: bool
    """Whether it has a Retry-After header."""
    started: float
    ended: float

    @property
    def seconds(self) -> float:
        """Its latency."""
        return self.ended - self.started


class HonestClient:
    """Sends one request after another; a sender repeats each message until it is answered."""

    def __init__(
        self, http: httpx2.AsyncClient, kind: ClientKind, name: str, headers: Mapping[str, str]
    ) -> None:
        self._http = http
        self._headers = headers
        self._name = name
        self.kind = kind
        self.answers: list[Answer] = []
        self.answered_messages: list[str] = []
        """Messages whose storing was confirmed to this sender."""
        self.sent_messages: list[str] = []

    async def send_requests(self) -> None:
        """Send requests until cancelled."""
        number = 0
        while True:
            if self.kind is ClientKind.SENDER:
                await self._send(f"{self._name}, message {number}")
            else:
                await self._ask({"query": _QUESTIONS[self.kind]})
            number += 1
            await asyncio.sleep(_PAUSE_SECONDS)

    def has_succeeded_since(self, instant: float) -> bool:
        """Whether a request sent after `instant` succeeded."""
        return any(one.is_success and one.started >= instant for one in self.answers[-50:])

    async def _send(self, content: str) -> None:
        self.sent_messages.append(content)
        message = {"content": content, "idempotencyKey": content, "delivery": "STREAM"}
        request = {"query": _SEND, "variables": {"input": message}}
        is_answered = await self._ask(request)
        while not is_answered:
            await asyncio.sleep(_PAUSE_SECONDS)
            is_answered = await self._ask(request)
        self.answered_messages.append(content)

    # Any: JSON.
    async def _ask(self, request: dict[str, Any]) -> bool:
        started = perf_counter()
        try:
            answer = await self._http.post("/graphql", json=request, headers=self._headers)
        except httpx2.TransportError:
            status, is_success, has_retry_after = UNANSWERED, False, False
        else:
            status, has_retry_after = answer.status_code, "retry-after" in answer.headers
            is_success = status == _OK and _is_whole(answer.json())
        self.answers.append(
            Answer(self.kind, status, is_success, has_retry_after, started, perf_counter())
        )
        return is_success


def http_client(url: str) -> httpx2.AsyncClient:
    """An HTTP client with a time-out longer than any request may take."""
    return httpx2.AsyncClient(base_url=url, timeout=_PATIENCE_SECONDS)


# Any: JSON.
def _is_whole(body: dict[str, Any]) -> bool:
    if "errors" in body:
        return False
    return not any(
        payload.get("userErrors") for payload in body["data"].values() if isinstance(payload, dict)
    )
