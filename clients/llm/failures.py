"""What a failed attempt means: why, whether another may help, and whether the model is down."""

from collections.abc import Mapping
from datetime import datetime

from clients.llm import FailureReason
from clients.llm.retry_after import wait_asked_for

_RETRIED_STATUSES = frozenset({408, 409, 429})
# A model that is asked too often, or for two things at once, is not down.
_BUSY_STATUSES = frozenset({409, 429})
_SERVER_ERROR = 500
_TOO_LARGE = 413
_REASONS_BY_CODE = {
    "content_filter": FailureReason.REFUSED,
    "content_policy_violation": FailureReason.REFUSED,
    "context_length_exceeded": FailureReason.TOO_LONG,
    "string_above_max_length": FailureReason.TOO_LONG,
}


class AttemptFailed(Exception):
    """One attempt did not give a whole reply.

    `is_retryable` says whether another may help if nothing has been given yet, `is_down` whether
    it tells that the model cannot serve at all.
    """

    def __init__(
        self,
        reason: FailureReason,
        *,
        is_retryable: bool = False,
        is_down: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.is_retryable = is_retryable
        self.is_down = is_down
        self.retry_after_seconds = retry_after_seconds


def malformed() -> AttemptFailed:
    """What was sent is not the chat API: asking again would bring the same."""
    return AttemptFailed(FailureReason.MALFORMED, is_down=True)


def unavailable() -> AttemptFailed:
    """The connection failed, or was lost."""
    return AttemptFailed(FailureReason.UNAVAILABLE, is_retryable=True, is_down=True)


def failure_in_stream(error: object) -> AttemptFailed:
    """What an error means that was sent in the stream, where the status had already been 200."""
    refusal = _reason_for(error.get("code") if isinstance(error, dict) else None)
    return AttemptFailed(refusal) if refusal else unavailable()


def failure_from_status(
    status: int, headers: Mapping[str, str], code: object, now: datetime
) -> AttemptFailed:
    """What an answer means that is an error, with the `code` in its body."""
    if status in _RETRIED_STATUSES or status >= _SERVER_ERROR:
        return AttemptFailed(
            FailureReason.UNAVAILABLE,
            is_retryable=True,
            is_down=status not in _BUSY_STATUSES,
            retry_after_seconds=wait_asked_for(headers, now),
        )
    if status == _TOO_LARGE:
        return AttemptFailed(FailureReason.TOO_LONG)
    return AttemptFailed(_reason_for(code) or FailureReason.MISCONFIGURED)


def _reason_for(code: object) -> FailureReason | None:
    return _REASONS_BY_CODE.get(code) if isinstance(code, str) else None
