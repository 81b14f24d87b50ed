"""Whether the process lives, and whether it can serve."""

import asyncio
from collections.abc import Sequence

import asyncpg
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.documents import ServedDocuments
from app.recent import Recent
from cache import VersionedCache
from db.database import Database
from db.indexes import differences, found_index
from db.queries import schema
from db.tables import Table
from db.unavailable import DatabaseUnavailable, SessionLost
from services.billing.records import Subscription

_CHECK_TIMEOUT_SECONDS = 2
_TABLES = tuple(Table.metadata.tables)


async def healthz(_request: Request) -> JSONResponse:
    """Answer 200 as long as the event loop turns."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Whether everything is there that requests need."""

    def __init__(
        self,
        database: Database,
        revisions: Sequence[str],
        subscriptions: VersionedCache[Subscription],
        documents: ServedDocuments,
    ) -> None:
        self._database = database
        *self._past, self._head = revisions
        self._subscriptions = subscriptions
        self._documents = documents
        self._recent = Recent(self._look)

    async def answer(self, _request: Request) -> JSONResponse:
        """Answer 200 when all is there, otherwise 503, naming what is not.

        A cache or a replica that is away is named, but keeps nothing from being served. What is
        answered was seen at most a second ago.
        """
        return JSONResponse(*await self._recent.get())

    async def _look(self) -> tuple[dict[str, str], int]:
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
        """Whether requests find in it what they need: their tables, indexes, and that it writes."""
        try:
            async with (
                asyncio.timeout(_CHECK_TIMEOUT_SECONDS),
                self._database.read_primary() as connection,
            ):
                revision = await schema.revision(connection)
                # One that is not known is a later version's, which lets this one serve on.
                if revision is None or revision in self._past:
                    return f"at revision {revision}, not {self._head}: run `guidance migrate`"
                await schema.check_takes_writes(connection)
                rows = await schema.indexes(connection, _TABLES)
        except SessionLost as lost:
            return "takes no writes" if lost.concerns_others else "unreachable"
        except (TimeoutError, DatabaseUnavailable, asyncpg.PostgresError):
            return "unreachable"
        different = ", ".join(map(str, differences([found_index(row) for row in rows])))
        return f"{different}: run `guidance migrate`" if different else "ok"
