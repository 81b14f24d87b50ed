"""/healthz and /readyz: liveness and readiness."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse

from app.endpoints.cached_value import CachedValue
from app.graphql.documents.published import PublishedDocuments
from app.http.shutdown import ShutdownEvent
from cache import VersionedCache
from db.connections.errors import DatabaseUnavailable
from db.database import Database
from db.schema.readiness import readiness
from services.billing.records import Subscription
from services.privacy.restored_people import RestoredPeople


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
        drain: ShutdownEvent,
        restored: RestoredPeople | None = None,
    ) -> None:
        self._database = database
        self._revisions = revisions
        self._subscriptions = subscriptions
        self._documents = documents
        self._drain = drain
        self._restored = restored
        self._cached_result = CachedValue(self._check)

    async def answer(self, _request: Request) -> JSONResponse:
        """Answer 200 if the process can serve, otherwise 503; the body says what is missing.

        A missing cache or replica is shown, but requests are served without it. The result is at
        most a second old. A process that is about to end says 503 while it still serves.
        """
        if self._drain.has_begun:
            return JSONResponse({"server": "draining"}, 503)
        return JSONResponse(*await self._cached_result.get())

    async def _check(self) -> tuple[dict[str, str], int]:
        database = await readiness(self._database, self._revisions)
        if database == "ok" and self._restored is not None:
            database = await _problem(self._restored) or "ok"
        documents = self._documents.state
        checks = {
            "database": database,
            "documents": documents,
            "cache": await self._subscriptions.state(),
        }
        if self._database.has_replica:
            checks["replica"] = self._database.replica_state
        return checks, 200 if database == documents == "ok" else 503


async def _problem(restored: RestoredPeople) -> str | None:
    try:
        return await restored.problem()
    except DatabaseUnavailable:
        return "unreachable"
