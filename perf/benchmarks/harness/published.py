"""Trusted documents of the benchmarks, published for the client `bench` while they run."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import orjson

from db.database import open_database
from db.states import DocumentState
from perf.servers.connection import encode_post
from services.clock import system_clock
from services.documents.identifiers import hash_of
from services.documents.records import Submission
from services.documents.registry import OperationRegistry

_CLIENT = "bench"


def submission(text: str) -> Submission:
    """The submission that publishes a document with one named operation."""
    _, name, _ = text.split(maxsplit=2)
    return Submission(hash_of(text), name, text, 0)


def request_by_id(text: str, **headers: str) -> bytes:
    """A request that names a published document by its id."""
    body = orjson.dumps({"documentId": hash_of(text)})
    return encode_post("/graphql", body, accept="application/json", **headers)


@contextmanager
def published(url: str, texts: Sequence[str]) -> Iterator[None]:
    """Publish the documents while the block runs, and retire them afterwards."""
    submissions = [submission(text) for text in texts]
    asyncio.run(_change(url, submissions, is_published=True))
    try:
        yield
    finally:
        asyncio.run(_change(url, submissions, is_published=False))


async def _change(url: str, submissions: Sequence[Submission], *, is_published: bool) -> None:
    async with open_database(
        url, replica_url=None, pool_size=1, observe=lambda *_: None
    ) as database:
        registry = OperationRegistry(database, clock=system_clock)
        if is_published:
            await registry.publish(_CLIENT, submissions)
            return
        for one in submissions:
            await registry.change_state(_CLIENT, one.id, DocumentState.RETIRED)
