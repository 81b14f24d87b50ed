"""Dunning: when a renewal that failed is charged again, and when the subscription ends."""

from datetime import datetime, timedelta

REPEATED_ON_DAYS = (1, 3, 5, 7)
"""Days after the first failure on which the charge is repeated, as far as the grace reaches."""
LATEST_REPEAT = timedelta(hours=1)
"""How long after the end of the grace a repeat that fell due at its end is still made."""
ACTION_TIME = timedelta(hours=23)
"""How long a payment waits for the person's action: it has ended when the next repeat is due."""


def next_attempt(past_due_since: datetime, grace_ends_at: datetime, now: datetime) -> datetime:
    """When the worker acts next: the next repeat, or the end of the grace."""
    repeats = (past_due_since + timedelta(days=days) for days in REPEATED_ON_DAYS)
    return next((one for one in repeats if now < one <= grace_ends_at), grace_ends_at)


def is_repeated_at_end(past_due_since: datetime, grace_ends_at: datetime, now: datetime) -> bool:
    """Whether, the grace being over, the charge is still repeated a last time."""
    days = (grace_ends_at - past_due_since) / timedelta(days=1)
    return days in REPEATED_ON_DAYS and now <= grace_ends_at + LATEST_REPEAT


def action_deadline(now: datetime, end: datetime) -> datetime | None:
    """Until when a payment may wait for the person, before `end`; None if there is no time."""
    return min(now + ACTION_TIME, end) if now < end else None
