"""When a key is accepted, and how long a replaced key overlaps with its successor."""

from datetime import datetime, timedelta

from db.states import ApiCredentialStatus
from services.mutations.refusals import InvalidInput

LONGEST_OVERLAP = timedelta(days=30)
MOST_KEYS = 20
"""How many accepted keys a company may have at a time."""


def is_accepted(status: str, expires_at: datetime | None, now: datetime) -> bool:
    """Whether a credential with this status and expiry is accepted at `now`."""
    return status != ApiCredentialStatus.REVOKED and (expires_at is None or now < expires_at)


def checked_overlap(seconds: int) -> timedelta:
    """How long a replaced key stays accepted; raises `InvalidInput`."""
    longest = int(LONGEST_OVERLAP.total_seconds())
    if not 0 <= seconds <= longest:
        raise InvalidInput(
            f"An overlap has 0 to {longest} seconds, not {seconds}.", field="overlapSeconds"
        )
    return timedelta(seconds=seconds)
