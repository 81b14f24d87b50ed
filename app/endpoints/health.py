"""/healthz and /readyz: liveness and readiness."""

import asyncio
from collections.abc import Sequence

import asyncpg
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.endpoints.cached_value import CachedValue
from app.graphql.documents.published import PublishedDocuments
from cache import VersionedCache
from db.connections.errors import DatabaseUnavailable, SessionLost
from db.database import Database
from db.queries import schema
from db.schema.indexes import existing_index, index_differences
from db.tables import Table
from services.billing.records import Subscription

_CHECK_TIMEOUT_SECONDS = 2
_TABLES = tuple(Table.metadata.tables)


async def healthz(_request: Request) -> JSONResponse:
    """Answer 200 as long as the event loop turns."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Checks what requests need: the database with its schema, and the documents."""

    def __init__(
        self,
        database: Database,
        revisions: Sequence[str],
        subscriptions: VersionedCache[Subscription],
        documents: PublishedDocuments,
    ) -> None:
        self._database = database
        *self._past, self._head = revisions
        self._subscriptions = subscriptions
        self._documents = documents
        self._cached_result = CachedValue(self._check)

    async def answer(self, _request: Request) -> JSONResponse:
        """Answer 200 if the process can serve, otherwise 503; the body says what is missing.

        A missing cache or replica is shown, but requests are served without it. The result is at
        most a second old.
        """
        return JSONResponse(*await self._cached_result.get())

    async def _check(self) -> tuple[dict[str, str], int]:
        database, documents = await self._check_database(), self._documents.state
        checks = {
            "database": database,
            "documents": documents,
            "cache": await self._subscriptions.state(),
        }
        if self._database.has_replica:
            checks["replica"] = self._database.replica_state
        return checks, 200 if database == documents == "ok" else 503

    async def _check_database(self) -> str:
        """`ok`, or why not: unreachable, another revision, read-only, or indexes that differ."""
        try:
            async with (
                asyncio.timeout(_CHECK_TIMEOUT_SECONDS),
                self._database.read_primary() as connection,
            ):
                revision = await schema.revision(connection)
                # One that is not known is a later version's, which lets this one serve on.
                if revision is None or revision in self._past:
                    return f"at revision {revision}, not {self._head}: run `guidance db migrate`"
                await schema.check_takes_writes(connection)
                rows = await schema.indexes(connection, _TABLES)
        except SessionLost as lost:
            return "takes no writes" if lost.concerns_others else "unreachable"
        except (TimeoutError, DatabaseUnavailable, asyncpg.PostgresError):
            return "unreachable"
        different = ", ".join(map(str, index_differences([existing_index(row) for row in rows])))
        return f"{different}: run `guidance db migrate`" if different else "ok"
