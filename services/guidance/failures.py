"""Failed replies, in words for the person."""

from datetime import datetime
from math import ceil

from asyncpg import Record

from services.guidance.records import ReplyFailure
from services.refusal import Refusal, UserErrorCode

_WORDS = {
    ReplyFailure.UNAVAILABLE: "The model cannot be reached at the moment; try again later.",
    ReplyFailure.TIMED_OUT: "The model did not answer in time; try again.",
    ReplyFailure.REFUSED: "The model declined to answer this.",
    ReplyFailure.TOO_LONG: "The reply became too long; ask for less.",
    ReplyFailure.INTERRUPTED: "The reply was interrupted; try again.",
}


class LlmUnavailable(Refusal):
    """The model did not write a whole reply; nothing was charged."""

    code = UserErrorCode.LLM_UNAVAILABLE


def failure_of(reason: str, *, retry_after_seconds: int | None = None) -> LlmUnavailable:
    """The refusal that a stored failure reason means."""
    return LlmUnavailable(_WORDS[ReplyFailure(reason)], retry_after_seconds=retry_after_seconds)


def failure_of_reply(reply: Record, now: datetime) -> LlmUnavailable | None:
    """Why a stored reply failed; None unless it did.

    What is left of the time after which the model may be asked again is 0 once that is over.
    """
    if reply["failure_reason"] is None:
        return None
    retry_at, left = reply["retry_at"], None
    if retry_at is not None:
        left = max(0, ceil((retry_at - now).total_seconds()))
    return failure_of(reply["failure_reason"], retry_after_seconds=left)
