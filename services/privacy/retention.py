"""Deleting rows of erased people that had to be retained, once their retention is over."""

from datetime import datetime

import structlog

from db.database import Database
from db.queries.privacy import retention_steps

_log = structlog.get_logger("guidance.privacy")


async def delete_expired_rows(database: Database, now: datetime) -> dict[str, int]:
    """Delete the rows whose retention in the registry is over; returns the counts by table.

    Several processes may do this at once; each batch is a transaction of its own.
    """
    deleted: dict[str, int] = {}
    for step in retention_steps.STEPS:
        async with database.read_primary() as connection:
            while count := await retention_steps.remove_batch(connection, step, now):
                deleted[step.table] = deleted.get(step.table, 0) + count
    if deleted:
        _log.info("removed what was kept long enough", **deleted)
    return deleted
