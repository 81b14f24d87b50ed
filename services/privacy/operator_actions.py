"""What operators can do about privacy requests."""

from db.database import Database
from db.queries.privacy import export_archives, privacy_requests, request_processing
from services.clock import Clock
from services.mutations import audit


async def retry_erasure(database: Database, request_id: int, clock: Clock) -> bool:
    """Run an erasure again that was given up; False if there is none."""
    async with database.begin() as transaction:
        user_id = await privacy_requests.request_owner(transaction, request_id)
        is_found = user_id is not None and await request_processing.try_again(
            transaction, user_id, request_id
        )
        if is_found:
            await audit.record(
                transaction,
                audit.OPERATOR,
                "privacy.tried_again",
                f"privacy_request:{request_id}",
                now=clock(),
            )
    return is_found


async def revoke_link(database: Database, request_id: int, clock: Clock) -> bool:
    """Revoke the link to an export; False if there is no working one."""
    async with database.begin() as transaction:
        user_id = await privacy_requests.request_owner(transaction, request_id)
        is_found = user_id is not None and await export_archives.revoke(
            transaction, user_id, request_id, clock()
        )
        if is_found:
            await audit.record(
                transaction,
                audit.OPERATOR,
                "privacy.link_revoked",
                f"privacy_request:{request_id}",
                now=clock(),
            )
    return is_found
