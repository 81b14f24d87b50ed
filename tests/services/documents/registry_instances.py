"""The registry without HTTP: instances of it on one database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from db.database import Database, open_database
from services.clock import Clock
from services.documents.identifiers import hash_of
from services.documents.records import Submission
from services.documents.registry import OperationRegistry
from services.documents.usage import DocumentUsageCounter
from tests.fixtures.stores.world import NOW


@dataclass
class Instance:
    """One process's registry."""

    database: Database
    registry: OperationRegistry
    uses: DocumentUsageCounter

    async def write(self) -> None:
        """Write what was counted."""
        await self.uses.published.flush()
        await self.uses.unknown.flush()


@asynccontextmanager
async def instance(url: str, *, clock: Clock = lambda: NOW) -> AsyncIterator[Instance]:
    """One instance on the database at `url`, which others may share."""
    async with open_database(
        url, replica_url=None, pool_size=2, observe=lambda *_: None
    ) as database:
        registry = OperationRegistry(database, clock=clock)
        yield Instance(database, registry, DocumentUsageCounter(database))


def submission(text: str, name: str, document_id: str | None = None) -> Submission:
    """A document that is good."""
    return Submission(hash_of(text), name, text, 1, document_id)
