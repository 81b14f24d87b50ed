"""A person's quota of messages."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class QuotaState(Enum):
    """Whether, and why not, another message may be sent today."""

    AVAILABLE = "available"
    EXHAUSTED = "exhausted"
    NO_ACTIVE_SUBSCRIPTION = "no_active_subscription"


@dataclass(frozen=True, slots=True)
class Quota:
    """A person's units for the current UTC day."""

    state: QuotaState
    limit: int
    used: int
    remaining: int
    resets_at: datetime
