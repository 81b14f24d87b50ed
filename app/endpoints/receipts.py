"""/receipts/{token}: the status and receipt of an erasure, without signing in."""

from asyncpg import Record
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.endpoints.link_responses import HEADERS, link_refused, link_unavailable
from db.connections.errors import DatabaseUnavailable
from db.database import Database
from db.queries.privacy import privacy_requests
from services.privacy.failures import failure_message
from services.privacy.links import Links


class Receipts:
    """Shows a receipt to anybody who has its link; it does not say who was erased."""

    def __init__(self, database: Database, links: Links) -> None:
        self._database = database
        self._links = links

    async def answer(self, request: Request) -> Response:
        """Answer with the erasure in the format of the GraphQL API."""
        request_id = self._links.request_id_of_receipt(request.path_params["token"])
        try:
            row = request_id and await self._erasure(request_id)
        except DatabaseUnavailable as error:
            return link_unavailable(request, str(error))
        return (
            JSONResponse(row, headers=HEADERS) if row else link_refused(404, "There is none here.")
        )

    async def _erasure(self, request_id: int) -> dict[str, object] | None:
        async with self._database.read_primary() as connection:
            row = await privacy_requests.request(connection, request_id)
            tables = await privacy_requests.erased_tables(connection, [request_id])
        return None if row is None else _erasure(row, tables)


def _erasure(row: Record, tables: list[Record]) -> dict[str, object]:
    reason, verified_at = row["error_reason"], row["verified_at"]
    receipt = {
        "tables": [{"name": one["table_name"], "rows": one["row_count"]} for one in tables],
        "remainingReferences": row["remaining_references"],
        "verifiedAt": _instant(row, "verified_at"),
    }
    return {
        "status": row["status"].upper(),
        "requestedAt": _instant(row, "requested_at"),
        "scheduledFor": _instant(row, "scheduled_for"),
        "completedAt": _instant(row, "completed_at"),
        "errorReason": reason and failure_message(reason),
        "receipt": receipt if verified_at else None,
    }


def _instant(row: Record, name: str) -> str | None:
    return row[name] and f"{row[name].isoformat().removesuffix('+00:00')}Z"
