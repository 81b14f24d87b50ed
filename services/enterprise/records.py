"""A company's contract, its usage, and the states of its API keys."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class UsageLimitMode(Enum):
    """What happens to a request over a limit."""

    BLOCK = "block"
    OVERAGE = "overage"


@dataclass(frozen=True, slots=True)
class UsageContract:
    """The requests that a contract includes per UTC day and per calendar month."""

    daily_limit: int
    monthly_limit: int
    limit_mode: UsageLimitMode


@dataclass(frozen=True, slots=True)
class Usage:
    """What a company has used of its contract in the current UTC day and month."""

    contract: UsageContract
    daily_used: int
    monthly_used: int
    resets_at: datetime

    @property
    def daily_remaining(self) -> int:
        """The requests left of the day; 0 once overage has begun."""
        return max(0, self.contract.daily_limit - self.daily_used)

    @property
    def monthly_remaining(self) -> int:
        """The requests left of the month; 0 once overage has begun."""
        return max(0, self.contract.monthly_limit - self.monthly_used)


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """A company as an operator finds it."""

    id: int
    company_name: str
    administrator_id: int | None
    active_keys: int
