"""Honest clients: people who send and read on where a stream breaks, a company, and readers."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx2

from perf.chaos.rolling_restart.following import Following, follow_over_events, follow_over_socket

_SEND = """mutation Send($input: SendMessageInput!) { sendMessage(input: $input) {
  reply { id status content } userErrors { code } } }"""
_GUIDANCE = """mutation Ask($input: GenerateGuidanceInput!) { generateGuidance(input: $input) {
  text generation { attempts } userErrors { code } } }"""
_QUOTA = "{ viewer { quota { used remaining } } }"
_OK = 200


@dataclass(slots=True)
class Seen:
    """What clients were answered."""

    requests: int = 0
    failed: list[str] = field(default_factory=list)
    streams: int = 0
    followed: dict[str, Following] = field(default_factory=dict)
    waited: dict[str, str] = field(default_factory=dict)
    """The texts of replies that were waited for, by id."""
    answered_companies: int = 0


class Client:
    """Asks with one person's token or one company's key; nothing is asked twice."""

    def __init__(self, http: httpx2.AsyncClient, headers: dict[str, str], seen: Seen) -> None:
        self._http = http
        self.headers = headers
        self._seen = seen

    # Any: JSON.
    async def ask(self, document: str, input_: dict[str, Any] | None = None) -> Any:
        """The data of an answer; None where the request failed, which is noted."""
        body = {"query": document} | ({"variables": {"input": input_}} if input_ else {})
        self._seen.requests += 1
        try:
            answer = await self._http.post("/graphql", json=body, headers=self.headers)
            parsed = answer.json()
        except (httpx2.TransportError, ValueError) as error:
            self._seen.failed.append(f"{type(error).__name__}: {error}")
            return None
        if answer.status_code != _OK or "errors" in parsed:
            self._seen.failed.append(f"{answer.status_code}: {str(parsed)[:200]}")
            return None
        return parsed["data"]

    async def read(self) -> None:
        """Read the day's quota."""
        await self.ask(_QUOTA)

    async def send_and_follow(self, key: str, *, over_socket: bool) -> None:
        """Send a message, and read the reply to its end, however often its stream breaks."""
        data = await self.ask(_SEND, _message(key) | {"delivery": "STREAM"})
        if data is None:
            return
        reply_id = data["sendMessage"]["reply"]["id"]
        followed = self._seen.followed.setdefault(reply_id, Following())
        follow = follow_over_socket if over_socket else follow_over_events
        while not followed.has_ended:
            self._seen.streams += 1
            await follow(self._http, self.headers, reply_id, followed)

    async def send_and_wait(self, key: str) -> None:
        """Send a message, and wait for the whole reply."""
        data = await self.ask(_SEND, _message(key) | {"delivery": "WAIT"})
        if data is not None:
            reply = data["sendMessage"]["reply"]
            self._seen.waited[reply["id"]] = reply["content"]

    async def ask_for_guidance(self, key: str) -> None:
        """Ask as a company, for the whole reply."""
        question = {"situation": f"Of {key}.", "objective": "To begin."}
        data = await self.ask(_GUIDANCE, question | {"idempotencyKey": key})
        if data is None:
            return
        payload = data["generateGuidance"]
        if payload["userErrors"] or not payload["text"]:
            self._seen.failed.append(f"no guidance: {payload}")
        else:
            self._seen.answered_companies += 1


async def read_at(rate: float, clients: list[Client], until: asyncio.Event) -> None:
    """Send reads at a rate a second, whether or not those before are answered."""
    loop = asyncio.get_running_loop()
    started, count = loop.time(), 0
    async with asyncio.TaskGroup() as group:
        while not until.is_set():
            group.create_task(clients[count % len(clients)].read())
            count += 1
            await asyncio.sleep(max(0.0, started + count / rate - loop.time()))


# Any: JSON.
def _message(key: str) -> dict[str, Any]:
    return {"content": f"How do I begin, in {key}?", "idempotencyKey": key}
