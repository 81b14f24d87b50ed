"""Measuring the open privacy requests, and the time left until their legal deadlines."""

from db.database import Database
from db.queries.privacy import request_processing
from db.states import PrivacyRequestKind, PrivacyRequestStatus
from metrics import privacy as privacy_metrics
from services.clock import Clock
from services.privacy.rules import legal_deadline

_OUTSTANDING = (
    PrivacyRequestStatus.REQUESTED,
    PrivacyRequestStatus.PROCESSING,
    PrivacyRequestStatus.FAILED,
)


async def measure_deadlines(database: Database, clock: Clock) -> None:
    """Measure open requests against the month after receipt that the law allows."""
    now = clock()
    async with database.read_primary() as connection:
        rows = await request_processing.owed(connection, now)
    seconds_left: dict[str, float] = {}
    for row in rows:
        seconds = (legal_deadline(row["oldest"]) - now).total_seconds()
        kind = row["request_kind"]
        seconds_left[kind] = min(seconds, seconds_left.get(kind, seconds))
    counts = ((row["request_kind"], row["status"], row["count"], row["overdue"]) for row in rows)
    privacy_metrics.still_owed(
        counts, seconds_left, kinds=PrivacyRequestKind, statuses=_OUTSTANDING
    )
