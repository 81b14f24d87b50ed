"""The refusal shown to a person for a failed reply."""

from datetime import datetime
from math import ceil

from asyncpg import Record

from services.generation.failures import LlmUnavailable, llm_unavailable

_LONGEST_WAIT_SECONDS = 2**31 - 1
"""The largest GraphQL `Int`; older rows may hold longer waits."""


def reply_failure(reply: Record, now: datetime) -> LlmUnavailable | None:
    """The refusal for a stored reply that failed; None if it did not fail.

    The remaining time until a retry may help is 0 once it has passed.
    """
    if reply["failure_reason"] is None:
        return None
    retry_at, seconds = reply["retry_at"], None
    if retry_at is not None:
        seconds = min(max(0, ceil((retry_at - now).total_seconds())), _LONGEST_WAIT_SECONDS)
    return llm_unavailable(reply["failure_reason"], retry_after_seconds=seconds)
