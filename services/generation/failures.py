"""Why a reply failed: the stored reason, and the message shown for it."""

from datetime import datetime
from math import ceil

from clients.llm import FailureReason, GenerationFailed
from db.row import Row
from db.states import ReplyFailure
from services.generation.models.catalogue import ContextTooLong
from services.generation.records import StoredFailure
from services.mutations.refusals import Refusal, UserErrorCode

_FAILURES_BY_REASON = {
    FailureReason.TIMEOUT: ReplyFailure.TIMED_OUT,
    FailureReason.REFUSED: ReplyFailure.REFUSED,
    FailureReason.TOO_LONG: ReplyFailure.TOO_LONG,
    FailureReason.CONTEXT_TOO_LONG: ReplyFailure.CONTEXT_TOO_LONG,
    FailureReason.INTERRUPTED: ReplyFailure.INTERRUPTED,
}
_MESSAGES = {
    ReplyFailure.UNAVAILABLE: "The model cannot be reached at the moment; try again later.",
    ReplyFailure.TIMED_OUT: "The model did not answer in time; try again.",
    ReplyFailure.REFUSED: "The model declined to answer this.",
    ReplyFailure.TOO_LONG: "The reply became too long; ask for less.",
    ReplyFailure.CONTEXT_TOO_LONG: "This is too long for the model.",
    ReplyFailure.INTERRUPTED: "The reply was interrupted; try again.",
}


_LONGEST_WAIT_SECONDS = 2**31 - 1
"""The largest GraphQL `Int`; older rows may hold longer waits."""


class LlmUnavailable(Refusal):
    """The model did not write a whole reply; nothing was charged."""

    code = UserErrorCode.LLM_UNAVAILABLE


def failure_of_generation(error: GenerationFailed) -> ReplyFailure:
    """The stored reason for an error of the model."""
    return _FAILURES_BY_REASON.get(error.reason, ReplyFailure.UNAVAILABLE)


def stored_failure(reply: Row) -> StoredFailure | None:
    """The failure in the row of a reply; None if it did not fail."""
    reason = reply["failure_reason"]
    return None if reason is None else StoredFailure(ReplyFailure(reason), reply["retry_at"])


def failure_refusal(failure: StoredFailure, now: datetime) -> Refusal:
    """What is said of a failure, and for how long a retry is of no use."""
    retry_at = failure.retry_at
    wait = None if retry_at is None else remaining_seconds(retry_at, now)
    is_too_long = failure.reason is ReplyFailure.CONTEXT_TOO_LONG
    refusal = ContextTooLong if is_too_long else LlmUnavailable
    return refusal(_MESSAGES[failure.reason], retry_after_seconds=wait)


def remaining_seconds(retry_at: datetime, now: datetime) -> int:
    """The whole seconds until a retry may help; 0 once they have passed."""
    return min(max(0, ceil((retry_at - now).total_seconds())), _LONGEST_WAIT_SECONDS)
