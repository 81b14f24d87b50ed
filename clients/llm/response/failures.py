"""Classifying failed attempts: the reason, whether to retry, and whether the model is down."""

from collections.abc import Mapping
from datetime import datetime

from clients.llm import FailureReason
from clients.llm.response.retry_after import retry_after_seconds_in

_RETRIED_STATUSES = frozenset({408, 409, 429})
# Too many requests, or conflicting ones, do not mean that the model is down.
_BUSY_STATUSES = frozenset({409, 429})
_CAPACITY_STATUSES = frozenset({429, 503, 529})
_SERVER_ERROR = 500
_TOO_LARGE = 413
_REASONS_BY_CODE = {
    "content_filter": FailureReason.REFUSED,
    "content_policy_violation": FailureReason.REFUSED,
    "context_length_exceeded": FailureReason.CONTEXT_TOO_LONG,
    "string_above_max_length": FailureReason.CONTEXT_TOO_LONG,
}


class AttemptFailed(Exception):
    """One attempt did not yield a complete reply.

    `is_retryable` says whether a retry may help if no text was yielded yet; `is_down` whether the
    model seems unable to serve anything; `has_no_capacity` whether it refused for want of capacity.
    """

    def __init__(
        self,
        reason: FailureReason,
        *,
        is_retryable: bool = False,
        is_down: bool = False,
        has_no_capacity: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.is_retryable = is_retryable
        self.is_down = is_down
        self.has_no_capacity = has_no_capacity
        self.retry_after_seconds = retry_after_seconds


def malformed() -> AttemptFailed:
    """The response does not follow the chat API; a retry would not help."""
    return AttemptFailed(FailureReason.MALFORMED, is_down=True)


def empty() -> AttemptFailed:
    """The reply ended and has no text; a retry would not help."""
    return AttemptFailed(FailureReason.EMPTY, is_down=True)


def unavailable() -> AttemptFailed:
    """The connection failed or was lost."""
    return AttemptFailed(FailureReason.UNAVAILABLE, is_retryable=True, is_down=True)


def failure_in_stream(error: object) -> AttemptFailed:
    """The failure for an error sent within the stream, after the status 200."""
    refusal = _reason_for(error.get("code") if isinstance(error, dict) else None)
    return AttemptFailed(refusal) if refusal else unavailable()


def failure_from_status(
    status: int, headers: Mapping[str, str], code: object, now: datetime
) -> AttemptFailed:
    """The failure for an error response with this status and `code`."""
    if status in _RETRIED_STATUSES or status >= _SERVER_ERROR:
        return AttemptFailed(
            FailureReason.UNAVAILABLE,
            is_retryable=True,
            is_down=status not in _BUSY_STATUSES,
            has_no_capacity=status in _CAPACITY_STATUSES,
            retry_after_seconds=retry_after_seconds_in(headers, now),
        )
    if status == _TOO_LARGE:
        return AttemptFailed(FailureReason.CONTEXT_TOO_LONG)
    return AttemptFailed(_reason_for(code) or FailureReason.MISCONFIGURED)


def _reason_for(code: object) -> FailureReason | None:
    return _REASONS_BY_CODE.get(code) if isinstance(code, str) else None
