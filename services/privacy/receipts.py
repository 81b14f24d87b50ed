"""Finding the erasure that a receipt's link is about."""

from db.database import Database
from db.queries.privacy import privacy_requests
from db.row import Row
from services.privacy.links import Links


async def erasure_of_receipt(database: Database, links: Links, token: str) -> Row | None:
    """The privacy request of the token in a receipt's link; None if the token is not valid."""
    request_id = links.request_id_of_receipt(token)
    if request_id is None:
        return None
    async with database.read_primary() as connection:
        user_id = await privacy_requests.request_owner(connection, request_id)
        found = (
            []
            if user_id is None
            else await privacy_requests.requests_by_id(connection, [request_id], user_id)
        )
        # It may have been completed since the statement before.
        found = found or await privacy_requests.requests_of_nobody(connection, [request_id])
    return found[0] if found else None
