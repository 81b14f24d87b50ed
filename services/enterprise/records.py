"""What a company's contract allows and what of it is used."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class UsageLimitMode(Enum):
    """What happens to a request over a limit."""

    BLOCK = "block"
    OVERAGE = "overage"


@dataclass(frozen=True, slots=True)
class UsageContract:
    """The metered requests that a contract includes, per UTC day and calendar month."""

    daily_limit: int
    monthly_limit: int
    limit_mode: UsageLimitMode


@dataclass(frozen=True, slots=True)
class Usage:
    """What of its contract a company has used in the current UTC day and month."""

    contract: UsageContract
    daily_used: int
    monthly_used: int
    resets_at: datetime

    @property
    def daily_remaining(self) -> int:
        """What the day still includes; 0 once overage has begun."""
        return max(0, self.contract.daily_limit - self.daily_used)

    @property
    def monthly_remaining(self) -> int:
        """What the month still includes; 0 once overage has begun."""
        return max(0, self.contract.monthly_limit - self.monthly_used)
