"""When a key is accepted, and how long one may overlap with its successor."""

from datetime import datetime, timedelta

from services.refusal import InvalidInput

LONGEST_OVERLAP = timedelta(days=30)
MOST_KEYS = 20
"""How many keys of a company may be accepted at the same time."""


def is_accepted(status: str, expires_at: datetime | None, now: datetime) -> bool:
    """Whether a credential of `status` opens the door at `now`."""
    return status != "revoked" and (expires_at is None or now < expires_at)


def checked_overlap(seconds: int) -> timedelta:
    """How long a replaced key is still accepted; raises `InvalidInput`."""
    longest = int(LONGEST_OVERLAP.total_seconds())
    if not 0 <= seconds <= longest:
        raise InvalidInput(
            f"An overlap has 0 to {longest} seconds, not {seconds}.", field="overlapSeconds"
        )
    return timedelta(seconds=seconds)
