"""How much is owed to people under the privacy law, and how much time is left for it."""

from db.database import Database
from db.queries import request_processing
from metrics import privacy as measured
from services.clock import Clock
from services.privacy.rules import legal_deadline


async def watch_deadlines(database: Database, clock: Clock) -> None:
    """Measure what is owed, against the month that the law allows from receipt."""
    now = clock()
    async with database.read_primary() as connection:
        rows = await request_processing.owed(connection, now)
    left: dict[str, float] = {}
    for row in rows:
        seconds = (legal_deadline(row["oldest"]) - now).total_seconds()
        kind = row["request_kind"]
        left[kind] = min(seconds, left.get(kind, seconds))
    counts = ((row["request_kind"], row["status"], row["count"], row["overdue"]) for row in rows)
    measured.still_owed(counts, left)
