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
        return await privacy_requests.request(connection, request_id)
