"""The refusal shown to a company for a failed reply."""

from datetime import datetime, timedelta

from asyncpg import Record

from services.generation.failures import LlmUnavailable, llm_unavailable
from services.metered.rules import remaining_seconds


def metered_reply_failure(reply: Record, now: datetime) -> LlmUnavailable | None:
    """The refusal for a stored reply that failed, with the remaining wait; None if it did not."""
    if reply["failure_reason"] is None:
        return None
    wait = reply["retry_after_seconds"]
    if wait is not None:
        ended_at = reply["created_at"] + timedelta(milliseconds=reply["latency_ms"])
        wait = remaining_seconds(wait, since=ended_at, now=now)
    return llm_unavailable(reply["failure_reason"], retry_after_seconds=wait)
