"""What operators do about privacy requests."""

from db.database import Database
from db.queries import export_archives, request_processing
from services import audit
from services.clock import Clock


async def try_again(database: Database, request_id: int, clock: Clock) -> bool:
    """Let an erasure that was given up be carried out again; False where there is none."""
    async with database.begin() as transaction:
        is_there = await request_processing.try_again(transaction, request_id)
        if is_there:
            await audit.record(
                transaction,
                audit.OPERATOR,
                "privacy.tried_again",
                f"privacy_request:{request_id}",
                now=clock(),
            )
    return is_there


async def revoke_link(database: Database, request_id: int, clock: Clock) -> bool:
    """Let the link to an export work no longer; False where none works."""
    async with database.begin() as transaction:
        is_there = await export_archives.revoke(transaction, request_id, clock())
        if is_there:
            await audit.record(
                transaction,
                audit.OPERATOR,
                "privacy.link_revoked",
                f"privacy_request:{request_id}",
                now=clock(),
            )
    return is_there
