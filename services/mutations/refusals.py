"""Refusals: why a use case changed nothing, with a code that a client can act on."""

from enum import Enum
from typing import ClassVar


class UserErrorCode(Enum):
    """Every code that a mutation can answer with in `userErrors`."""

    INVALID_INPUT = "invalid_input"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    NO_ACTIVE_SUBSCRIPTION = "no_active_subscription"
    QUOTA_EXCEEDED = "quota_exceeded"
    INVALID_PLAN = "invalid_plan"
    SUBSCRIPTION_ALREADY_ACTIVE = "subscription_already_active"
    ALREADY_ON_PLAN = "already_on_plan"
    PAYMENT_DECLINED = "payment_declined"
    AMOUNT_CHANGED = "amount_changed"
    LLM_UNAVAILABLE = "llm_unavailable"
    USAGE_LIMIT_EXCEEDED = "usage_limit_exceeded"
    MODEL_NOT_ALLOWED = "model_not_allowed"
    CONTEXT_TOO_LONG = "context_too_long"


class Refusal(Exception):
    """Raised inside the transaction of a use case, so that nothing is changed.

    `field` names the input field at fault; `retry_after_seconds` says when a retry may succeed.
    """

    code: ClassVar[UserErrorCode]

    def __init__(
        self, message: str, *, field: str | None = None, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message)
        self.field = field
        self.retry_after_seconds = retry_after_seconds


class InvalidInput(Refusal):
    """An input field has a value that is not accepted."""

    code = UserErrorCode.INVALID_INPUT


class NotFound(Refusal):
    """What the input names does not exist or is not the caller's; a client cannot tell which."""

    code = UserErrorCode.NOT_FOUND


class Conflict(Refusal):
    """What the input names is in a state that does not allow this."""

    code = UserErrorCode.CONFLICT
