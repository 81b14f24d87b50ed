"""Companies without HTTP: instances of their services on one database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_bytes
from typing import Any

import asyncpg

from db.database import Database, open_database
from services.clock import Clock
from services.enterprise.authentication import ApiKeyService
from services.enterprise.credentials import CredentialService
from services.enterprise.last_uses import LastUseRecorder
from tests.fixtures.stores.postgres import rows_of
from tests.fixtures.stores.world import NOW


@dataclass
class Instance:
    """One process's services."""

    url: str
    database: Database
    uses: LastUseRecorder
    enterprise: ApiKeyService
    credentials: CredentialService

    async def rows(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        return await rows_of(self.url, query, *arguments)

    # Any: a column of any type.
    async def value(self, query: str, *arguments: object) -> Any:
        (row,) = await self.rows(query, *arguments)
        return row[0]


@asynccontextmanager
async def instance(
    url: str, *, clock: Clock = lambda: NOW, pool_size: int = 4
) -> AsyncIterator[Instance]:
    """One instance on the database at `url`, which others may share."""
    async with open_database(
        url, replica_url=None, pool_size=pool_size, observe=lambda *_: None
    ) as database:
        uses = LastUseRecorder(database)
        async with uses.buffer:
            yield Instance(
                url,
                database,
                uses,
                ApiKeyService(database, uses, clock=clock, random_bytes=token_bytes),
                CredentialService(database, clock=clock, random_bytes=token_bytes),
            )
