"""People who write at one instance, and read at another what they wrote."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from uuid import uuid4

import aiohttp

from perf.chaos.people_of_cluster import Client, People

_START = """
mutation($key: String!, $title: String!) {
  startConversation(input: {title: $title, idempotencyKey: $key}) { conversation { id title } }
}
"""
_RENAME = """
mutation($id: ID!, $title: String!) {
  renameConversation(input: {conversationId: $id, title: $title}) { conversation { title } }
}
"""
_READ = "query($id: ID!) { conversation(id: $id) { title } }"
_LIST = "{ viewer { conversations(first: 1) { edges { node { title } } } } }"
_PAGE = """
{ viewer { conversations(first: 20) { edges { cursor node {
  id title status messages(last: 10) { edges { node { id role content createdAt } } } } } } } }
"""
_CONVERSATIONS = 10
_READS_PER_WRITE = 10


@dataclass(slots=True)
class Pairs:
    """How many times somebody wrote and then read, and how often the read was stale."""

    done: int = 0
    stale: int = 0


class Reader:
    """One person."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ask = client.ask

    async def write_and_read(self, pairs: Pairs, count: int) -> None:
        """Begin a conversation and rename it again and again; each is followed by a read."""
        title = f"{self._client.user_id} begins"
        variables = await self._start(title)
        for number in range(count):
            listed = await self._ask(_LIST)
            single = await self._ask(_READ, **variables)
            edges = listed["viewer"]["conversations"]["edges"]
            seen = {single["conversation"]["title"], *(one["node"]["title"] for one in edges)}
            pairs.done += 1
            pairs.stale += seen != {title}
            title = f"{self._client.user_id} renames {number}"
            await self._ask(_RENAME, **variables, title=title)

    async def read_mostly(self, count: int) -> None:
        """Read, and write once in ten times."""
        for number in range(_CONVERSATIONS):
            variables = await self._start(f"to be read {number}")
        for number in range(count):
            if number % _READS_PER_WRITE:
                await self._ask(_PAGE)
            else:
                await self._ask(_RENAME, **variables, title=f"renamed {number}")

    async def _start(self, title: str) -> dict[str, str]:
        answer = await self._ask(_START, key=str(uuid4()), title=title)
        return {"id": answer["startConversation"]["conversation"]["id"]}


async def write_and_read(people: People, count: int) -> Pairs:
    """Let all write and read, `count` times each, at once."""
    pairs = Pairs()
    await _at_once(people, lambda reader: reader.write_and_read(pairs, count))
    return pairs


async def read_mostly(people: People, count: int) -> None:
    """Let all read, and write once in ten times, `count` times each, at once."""
    await _at_once(people, lambda reader: reader.read_mostly(count))


async def _at_once(people: People, work: Callable[[Reader], Coroutine[None, None, None]]) -> None:
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
        for user_id in people.user_ids:
            group.create_task(work(Reader(Client(http, people, user_id))))
