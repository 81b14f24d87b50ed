"""People with enough quota to send messages during a benchmark."""

import asyncio
from collections.abc import Iterator, Sequence

import orjson

from perf.benchmarks.harness.operations import QUOTA
from perf.benchmarks.harness.replies import ChatUser
from perf.servers.connection import UnexpectedAnswer, connected


def people_with_quota(
    port: int, offered: Sequence[str], *, count: int, messages: int
) -> list[ChatUser]:
    """The first `count` people whose remaining quota today is at least `messages`.

    Raises `UnexpectedAnswer` if there are fewer.
    """
    return asyncio.run(_people_with_quota(port, iter(offered), count, messages))


async def _people_with_quota(
    port: int, offered: Iterator[str], count: int, messages: int
) -> list[ChatUser]:
    found: list[ChatUser] = []
    body = orjson.dumps({"query": QUOTA.document})
    async with connected(port) as wire:
        while len(found) < count:
            token = next(offered, None)
            if token is None:
                raise UnexpectedAnswer(b"too few people may send messages today")
            wire.post("/graphql", body, authorization=f"Bearer {token}", accept="application/json")
            viewer = orjson.loads(await wire.answer())["data"]["viewer"]
            if viewer is not None and viewer["quota"]["remaining"] >= messages:
                found.append(ChatUser(token))
    return found
