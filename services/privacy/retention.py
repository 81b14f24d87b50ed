"""Removing what was kept of people who were erased, when there is no reason for it any more."""

from datetime import datetime

import structlog

from db.database import Database
from db.queries import retention_steps

_log = structlog.get_logger("guidance.privacy")


async def remove_what_was_kept(database: Database, now: datetime) -> dict[str, int]:
    """Remove what was kept for as long as the registry says; give how many rows of which table.

    Any number of processes may do it at once; each batch is a transaction of its own.
    """
    removed: dict[str, int] = {}
    for step in retention_steps.STEPS:
        async with database.read_primary() as connection:
            while count := await retention_steps.remove_batch(connection, step, now):
                removed[step.table] = removed.get(step.table, 0) + count
    if removed:
        _log.info("removed what was kept long enough", **removed)
    return removed
