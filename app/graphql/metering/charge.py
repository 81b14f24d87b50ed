"""The charge of an operation, and the error of a caller whose budget is exhausted."""

from typing import Any, NamedTuple, Self

from graphql import GraphQLError

from app.graphql.metering.cost_reports import cost_extensions
from gql.documents.operation import RequestRefused
from services.throttling.concurrency import Slot
from services.throttling.rate_limiter import RateLimiter
from services.throttling.records import BucketLevel, BucketPolicy

THROTTLED = "THROTTLED"
API_KEY = "key"
"""The kind of callers whose responses include costs."""


class Account(NamedTuple):
    """The budget of a caller of some kind: `key`, `person` or `address`."""

    kind: str
    key: str
    policy: BucketPolicy

    @property
    def sees_costs(self) -> bool:
        """Whether the caller's responses include costs."""
        return self.kind == API_KEY


class Throttled(RequestRefused):
    """The caller's budget is exhausted, or too many of its operations wait; it may retry later.

    For API keys `extensions` have the cost of the operation and the remaining budget.
    """

    def __init__(
        self,
        reason: str,
        cost: int,
        level: BucketLevel,
        retry_after_seconds: int,
        *,
        shows_cost: bool,
    ) -> None:
        message = f"{reason}; try again in {retry_after_seconds} seconds."
        extensions = {"retryAfterSeconds": retry_after_seconds}
        super().__init__(THROTTLED, [GraphQLError(message, extensions=extensions)])
        self.level = level
        self.retry_after_seconds = retry_after_seconds
        self.extensions = cost_extensions(cost, None, level) if shows_cost else None


class Charge:
    """An estimated cost that was spent; leaving the block refunds all but `actual` (default 0)."""

    __slots__ = ("_budgets", "_slot", "account", "actual", "available", "estimate")

    def __init__(
        self,
        estimate: int,
        account: Account | None = None,
        available: int = 0,
        budgets: RateLimiter | None = None,
        slot: Slot | None = None,
    ) -> None:
        self.estimate = estimate
        self.actual = 0
        self.account = account
        self.available = available
        """The remaining budget, as far as is known."""
        self._budgets = budgets
        self._slot = slot

    def __enter__(self) -> Self:
        """Start with an actual cost of 0."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Settle it."""
        self.settle()

    def settle(self) -> None:
        """Refund the unused part of the estimate, and release the concurrency slot."""
        unused = self.estimate - self.actual
        if unused and self.account is not None and self._budgets is not None:
            _, key, policy = self.account
            self._budgets.refund(key, unused, policy)
            self.available = min(policy.capacity, self.available + unused)
        if self._slot is not None:
            self._slot.release()

    @property
    def level(self) -> BucketLevel | None:
        """The caller's remaining budget; None for a caller without one."""
        return None if self.account is None else BucketLevel(self.account.policy, self.available)

    @property
    # Any: extensions are JSON.
    def extensions(self) -> dict[str, Any] | None:
        """The cost extensions of the response; None for callers that do not get them."""
        if self.account is None or not self.account.sees_costs:
            return None
        level = BucketLevel(self.account.policy, self.available)
        return cost_extensions(self.estimate, self.actual, level)
