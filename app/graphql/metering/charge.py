"""The charge of an operation, and the error of a caller whose budget is exhausted."""

from typing import Any, NamedTuple

from graphql import ExecutionResult, GraphQLError
from graphql.execution.values import VariableValues

from app.graphql.metering.cost_reports import cost_extensions
from gql.documents.cost.operation_cost import OperationCost
from gql.documents.operation import RequestRefused
from gql.runtime.plan_execution import EncodedResult
from metrics.observations import Outcome
from services.throttling.concurrency import Slot
from services.throttling.rate_limiter import RateLimiter
from services.throttling.records import BucketLevel, BucketPolicy

THROTTLED = "THROTTLED"
API_KEY = "key"
"""The kind of callers whose responses include costs."""


class Account(NamedTuple):
    """The budget of a caller of some kind: `key`, `person`, `router` or `address`."""

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
    """An estimated cost that was spent for an operation; `settle` refunds what it did not cost."""

    __slots__ = (
        "_budgets",
        "_cost",
        "_slot",
        "_values",
        "account",
        "actual",
        "available",
        "estimate",
    )

    def __init__(
        self,
        estimate: int,
        cost: OperationCost,
        values: VariableValues,
        account: Account | None = None,
        available: int = 0,
        budgets: RateLimiter | None = None,
        slot: Slot | None = None,
    ) -> None:
        self.estimate = estimate
        self.actual = estimate
        self.account = account
        self.available = available
        """The remaining budget, as far as is known."""
        self._cost = cost
        self._values = values
        self._budgets = budgets
        self._slot = slot

    def settle(self, outcome: Outcome, result: ExecutionResult | None) -> None:
        """Refund what was not used, and release the concurrency slot.

        A fault of ours costs nothing. Without a result the estimate is due: the client has left, or
        it was a stream of events.
        """
        if outcome is Outcome.SERVER_ERROR:
            self.actual = 0
        elif isinstance(result, EncodedResult):
            self.actual = min(result.cost, self.estimate)
        elif result is not None:
            self.actual = self._cost.actual(self._values.coerced, result.data) if result.data else 0
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
