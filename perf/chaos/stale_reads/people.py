"""People who write at one instance, and read at another what they wrote."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import uuid4

import aiohttp

from app.authentication.tokens import issue_token

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
_TOKEN_SECONDS = 3_600


@dataclass(slots=True)
class Pairs:
    """How many times somebody wrote and then read, and how often the read was stale."""

    done: int = 0
    stale: int = 0


class Reader:
    """One person, who asks any of the instances, chosen at random."""

    def __init__(
        self, http: aiohttp.ClientSession, urls: Sequence[str], *, user_id: int, secret: str
    ) -> None:
        self._http = http
        self._urls = urls
        self._user_id = user_id
        self._random = Random(user_id)
        token = issue_token(
            secret, user_id=user_id, roles=(), ttl_seconds=_TOKEN_SECONDS, now=datetime.now(UTC)
        )
        self._headers = {"authorization": f"Bearer {token}"}

    async def write_and_read(self, pairs: Pairs, count: int) -> None:
        """Begin a conversation and rename it again and again; each is followed by a read."""
        title = f"{self._user_id} begins"
        variables = await self._start(title)
        for number in range(count):
            listed = await self._ask(_LIST, {})
            single = await self._ask(_READ, variables)
            edges = listed["viewer"]["conversations"]["edges"]
            seen = {single["conversation"]["title"], *(one["node"]["title"] for one in edges)}
            pairs.done += 1
            pairs.stale += seen != {title}
            title = f"{self._user_id} renames {number}"
            await self._write(_RENAME, **variables, title=title)

    async def read_mostly(self, count: int) -> None:
        """Read, and write once in ten times."""
        for number in range(_CONVERSATIONS):
            variables = await self._start(f"to be read {number}")
        for number in range(count):
            if number % _READS_PER_WRITE:
                await self._ask(_PAGE, {})
            else:
                await self._write(_RENAME, **variables, title=f"renamed {number}")

    async def _start(self, title: str) -> dict[str, str]:
        answer = await self._write(_START, key=str(uuid4()), title=title)
        return {"id": answer["startConversation"]["conversation"]["id"]}

    async def _write(self, document: str, **variables: str) -> Any:  # Any: JSON
        return await self._ask(document, variables)

    # Any: JSON.
    async def _ask(self, document: str, variables: dict[str, str]) -> Any:
        url = self._random.choice(self._urls)
        body = {"query": document, "variables": variables}
        async with self._http.post(f"{url}/graphql", json=body, headers=self._headers) as response:
            answer = await response.json()
        if response.status != 200 or "errors" in answer:  # noqa: PLR2004 - as HTTP has it
            raise UnexpectedAnswer(f"{response.status} {answer}")
        return answer["data"]


class UnexpectedAnswer(Exception):
    """An answer that is neither fresh nor stale."""


@dataclass(frozen=True, slots=True)
class People:
    """Some people, and the instances that they ask; tokens are signed with `secret`."""

    user_ids: Sequence[int]
    urls: Sequence[str]
    secret: str

    async def write_and_read(self, count: int) -> Pairs:
        """Let all write and read, `count` times each, at once."""
        pairs = Pairs()
        await self._at_once(lambda reader: reader.write_and_read(pairs, count))
        return pairs

    async def read_mostly(self, count: int) -> None:
        """Let all read, and write once in ten times, `count` times each, at once."""
        await self._at_once(lambda reader: reader.read_mostly(count))

    async def _at_once(self, work: Callable[[Reader], Coroutine[None, None, None]]) -> None:
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
            for user_id in self.user_ids:
                reader = Reader(http, self.urls, user_id=user_id, secret=self.secret)
                group.create_task(work(reader))
