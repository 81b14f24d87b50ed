"""People of a running cluster, made in its database, and how they ask its instances."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from random import Random
from typing import Any

import aiohttp
import asyncpg

from app.authentication.tokens import issue_token
from perf.chaos.database import add_people
from perf.servers.cluster.cluster import Cluster

_TOKEN_SECONDS = 3_600


class UnexpectedAnswer(Exception):
    """An answer with errors; `code` is that of the first one, or the status."""

    def __init__(self, status: int, answer: Any) -> None:  # Any: JSON
        super().__init__(f"{status} {answer}")
        errors = answer.get("errors") or [{}]
        self.code = str(errors[0].get("extensions", {}).get("code", status))


@dataclass(frozen=True, slots=True)
class People:
    """The ids of some people, the addresses that they ask, and the secret of their tokens."""

    user_ids: Sequence[int]
    urls: Sequence[str]
    secret: str


def make_people(cluster: Cluster, count: int) -> People:
    """Make the people of an empty cluster, who ask the instances themselves, past the proxy."""
    places = cluster.places
    user_ids = range(1, count + 1)
    asyncio.run(_add(cluster.primary.url, user_ids))
    return People(
        user_ids,
        [f"http://127.0.0.1:{places[name]}" for name in places if name.startswith("INSTANCE_")],
        cluster.environment["JWT_SECRET_KEY"],
    )


async def _add(url: str, user_ids: Sequence[int]) -> None:
    connection = await asyncpg.connect(url)
    try:
        await add_people(connection, user_ids)
    finally:
        await connection.close()


class Client:
    """One person, who asks any of the instances, chosen at random."""

    def __init__(self, http: aiohttp.ClientSession, people: People, user_id: int) -> None:
        self._http = http
        self._urls = people.urls
        self._random = Random(user_id)
        self.user_id = user_id
        token = issue_token(
            people.secret,
            user_id=user_id,
            roles=(),
            ttl_seconds=_TOKEN_SECONDS,
            now=datetime.now(UTC),
        )
        self._headers = {"authorization": f"Bearer {token}"}

    # Any: JSON.
    async def ask(self, document: str, **variables: str) -> Any:
        """The data of an answer; raises `UnexpectedAnswer`, and aiohttp's errors."""
        url = self._random.choice(self._urls)
        body = {"query": document, "variables": variables}
        async with self._http.post(f"{url}/graphql", json=body, headers=self._headers) as response:
            answer = await response.json()
        if response.status != HTTPStatus.OK or "errors" in answer:
            raise UnexpectedAnswer(response.status, answer)
        return answer["data"]
