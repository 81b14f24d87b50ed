"""Why a reply failed: the stored reason, and the message shown for it."""

from clients.llm import FailureReason, GenerationFailed
from services.generation.records import ReplyFailure
from services.mutations.refusals import Refusal, UserErrorCode

_FAILURES_BY_REASON = {
    FailureReason.TIMEOUT: ReplyFailure.TIMED_OUT,
    FailureReason.REFUSED: ReplyFailure.REFUSED,
    FailureReason.TOO_LONG: ReplyFailure.TOO_LONG,
    FailureReason.INTERRUPTED: ReplyFailure.INTERRUPTED,
}
_MESSAGES = {
    ReplyFailure.UNAVAILABLE: "The model cannot be reached at the moment; try again later.",
    ReplyFailure.TIMED_OUT: "The model did not answer in time; try again.",
    ReplyFailure.REFUSED: "The model declined to answer this.",
    ReplyFailure.TOO_LONG: "The reply became too long; ask for less.",
    ReplyFailure.INTERRUPTED: "The reply was interrupted; try again.",
}


class LlmUnavailable(Refusal):
    """The model did not write a whole reply; nothing was charged."""

    code = UserErrorCode.LLM_UNAVAILABLE


def failure_of_generation(error: GenerationFailed) -> ReplyFailure:
    """The stored reason for an error of the model."""
    return _FAILURES_BY_REASON.get(error.reason, ReplyFailure.UNAVAILABLE)


def llm_unavailable(reason: str, *, retry_after_seconds: int | None = None) -> LlmUnavailable:
    """The refusal for a stored failure reason."""
    return LlmUnavailable(_MESSAGES[ReplyFailure(reason)], retry_after_seconds=retry_after_seconds)
