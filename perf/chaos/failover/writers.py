"""People who write without a pause, and send again with the same key what was not answered."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise
from time import monotonic
from typing import Any

import aiohttp

from perf.chaos.people_of_cluster import Client, People, UnexpectedAnswer

_START = """
mutation($key: String!, $title: String!) {
  startConversation(input: {title: $title, idempotencyKey: $key}) {
    conversation { id } userErrors { code }
  }
}
"""
_SEND = """
mutation($id: ID!, $key: String!, $content: String!) {
  sendMessage(input: {
    conversationId: $id, content: $content, idempotencyKey: $key, delivery: STREAM
  }) { message { id } userErrors { code } }
}
"""
_PASSING = frozenset(
    {"DEADLINE_EXCEEDED", "OUTCOME_UNKNOWN", "OVERLOADED", "SERVICE_UNAVAILABLE", "THROTTLED"}
)
"""Codes of refusals after which the same request may succeed."""
_WRITES_PER_MESSAGE = 20
_PAUSE_SECONDS = 0.05
_TIMEOUT = aiohttp.ClientTimeout(total=20)


@dataclass(slots=True)
class Written:
    """What people were answered: titles and messages that are stored, and when; and refusals."""

    titles: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    answered_at: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)


@asynccontextmanager
async def writing(people: People) -> AsyncIterator[Written]:
    """All write while the block runs; leaving it waits until each has its last answer."""
    written, stopped = Written(), asyncio.Event()
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as http, asyncio.TaskGroup() as group:
        for user_id in people.user_ids:
            client = Client(http, people, user_id)
            group.create_task(_write(client, written, stopped))
        try:
            yield written
        finally:
            stopped.set()


async def _write(client: Client, written: Written, stopped: asyncio.Event) -> None:
    """Start conversations, and send a message in every twentieth."""
    for number in count():
        if stopped.is_set():
            return
        title = f"{client.user_id} writes {number}"
        answer = await _until_answered(client, written, _START, key=title, title=title)
        written.titles.append(title)
        if number % _WRITES_PER_MESSAGE == 0:
            conversation_id = answer["startConversation"]["conversation"]["id"]
            content = f"{client.user_id} asks {number}"
            sent = await _until_answered(
                client, written, _SEND, id=conversation_id, key=content, content=content
            )
            if sent["sendMessage"]["message"] is not None:
                written.messages.append(content)


# Any: JSON.
async def _until_answered(client: Client, written: Written, document: str, **variables: str) -> Any:
    """Ask again, with the same key, until there is an answer."""
    while True:
        try:
            answer = await client.ask(document, **variables)
        except (aiohttp.ClientError, TimeoutError) as error:
            written.failures[type(error).__name__] += 1
        except UnexpectedAnswer as refused:
            if refused.code not in _PASSING:
                raise
            written.failures[refused.code] += 1
        else:
            written.answered_at.append(monotonic())
            return answer
        await asyncio.sleep(_PAUSE_SECONDS)


def longest_pause(answered_at: Sequence[float]) -> float:
    """The longest time, in seconds, in which nobody was answered."""
    moments = sorted(answered_at)
    return max((b - a for a, b in pairwise(moments)), default=0.0)
