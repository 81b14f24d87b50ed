"""Failed replies, in words for the person."""

from datetime import datetime
from math import ceil

from asyncpg import Record

from services.generation.failures import LlmUnavailable, failure_of

_LONGEST_WAIT_SECONDS = 2**31 - 1
"""GraphQL's `Int` has no place for more, and rows of before have no bound."""


def failure_of_reply(reply: Record, now: datetime) -> LlmUnavailable | None:
    """Why a stored reply failed; None unless it did.

    What is left of the time after which the model may be asked again is 0 once that is over.
    """
    if reply["failure_reason"] is None:
        return None
    retry_at, left = reply["retry_at"], None
    if retry_at is not None:
        left = min(max(0, ceil((retry_at - now).total_seconds())), _LONGEST_WAIT_SECONDS)
    return failure_of(reply["failure_reason"], retry_after_seconds=left)
