"""Whether the process lives, and whether it can serve."""

import asyncio

import asyncpg
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.documents import ServedDocuments
from app.recent import Recent
from cache import VersionedCache
from db.database import Database
from db.queries import schema
from db.unavailable import DatabaseUnavailable
from services.billing.records import Subscription

_CHECK_TIMEOUT_SECONDS = 2


async def healthz(_request: Request) -> JSONResponse:
    """Answer 200 as long as the event loop turns."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Whether everything is there that requests need."""

    def __init__(
        self,
        database: Database,
        schema_revision: str,
        subscriptions: VersionedCache[Subscription],
        documents: ServedDocuments,
    ) -> None:
        self._database = database
        self._schema_revision = schema_revision
        self._subscriptions = subscriptions
        self._documents = documents
        self._recent = Recent(self._look)

    async def answer(self, _request: Request) -> JSONResponse:
        """Answer 200 when all is there, otherwise 503, naming what is not.

        A cache that is away is named, but keeps nothing from being served. What is answered was
        seen at most a second ago.
        """
        return JSONResponse(*await self._recent.get())

    async def _look(self) -> tuple[dict[str, str], int]:
        database, documents = await self._check_database(), self._documents.state
        checks = {
            "database": database,
            "documents": documents,
            "cache": await self._subscriptions.state(),
        }
        return checks, 200 if database == documents == "ok" else 503

    async def _check_database(self) -> str:
        try:
            async with (
                asyncio.timeout(_CHECK_TIMEOUT_SECONDS),
                self._database.read() as connection,
            ):
                revision = await schema.revision(connection)
        except (TimeoutError, DatabaseUnavailable, asyncpg.PostgresError):
            return "unreachable"
        if revision == self._schema_revision:
            return "ok"
        return f"at revision {revision}, not {self._schema_revision}: run `guidance migrate`"
