"""Failed replies of companies, in words for the client."""

from datetime import datetime, timedelta

from asyncpg import Record

from services.generation.failures import LlmUnavailable, failure_of
from services.metered.rules import seconds_left


def failure_of_metered_reply(reply: Record, now: datetime) -> LlmUnavailable | None:
    """Why a stored reply failed, and what is left of the wait then; None unless it did."""
    if reply["failure_reason"] is None:
        return None
    wait = reply["retry_after_seconds"]
    if wait is not None:
        ended_at = reply["created_at"] + timedelta(milliseconds=reply["latency_ms"])
        wait = seconds_left(wait, since=ended_at, now=now)
    return failure_of(reply["failure_reason"], retry_after_seconds=wait)
