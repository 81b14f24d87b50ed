"""Failed replies, in words for the person."""

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
