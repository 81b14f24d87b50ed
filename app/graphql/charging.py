"""What an operation was charged, and what its caller is told of it."""

from typing import Any, NamedTuple, Self

from graphql import GraphQLError

from gql.documents.operation import RequestRefused
from services.throttling.budgets import Budgets
from services.throttling.records import Level, Policy
from services.throttling.turns import Turn

THROTTLED = "THROTTLED"
TOLD = "key"
"""The kind of callers who are told what operations cost."""


class Account(NamedTuple):
    """The budget of a caller of some kind: `key`, `person` or `address`."""

    kind: str
    key: str
    policy: Policy

    @property
    def is_told(self) -> bool:
        """Whether the caller is told what operations cost."""
        return self.kind == TOLD


class Throttled(RequestRefused):
    """The caller has had its share for now; the same operation can be served after a while.

    `extensions` tell a key what the operation costs and what is left.
    """

    def __init__(
        self, reason: str, cost: int, level: Level, retry_after_seconds: int, *, tells: bool
    ) -> None:
        message = f"{reason}; try again in {retry_after_seconds} seconds."
        told = {"retryAfterSeconds": retry_after_seconds}
        super().__init__(THROTTLED, [GraphQLError(message, extensions=told)])
        self.level = level
        self.retry_after_seconds = retry_after_seconds
        self.extensions = cost_extensions(cost, None, level) if tells else None


class Charge:
    """An estimate, of which `actual` is kept when the block is left: nothing, unless it is set."""

    __slots__ = ("_budgets", "_turn", "account", "actual", "available", "estimate")

    def __init__(
        self,
        estimate: int,
        account: Account | None = None,
        available: int = 0,
        budgets: Budgets | None = None,
        turn: Turn | None = None,
    ) -> None:
        self.estimate = estimate
        self.actual = 0
        self.account = account
        self.available = available
        """What is left of the budget, as far as is known."""
        self._budgets = budgets
        self._turn = turn

    def __enter__(self) -> Self:
        """Nothing has come of it yet."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Settle it."""
        self.settle()

    def settle(self) -> None:
        """Give back what is not kept, and the turn."""
        unused = self.estimate - self.actual
        if unused and self.account is not None and self._budgets is not None:
            _, key, policy = self.account
            self._budgets.refund(key, unused, policy)
            self.available = min(policy.capacity, self.available + unused)
        if self._turn is not None:
            self._turn.end()

    @property
    def level(self) -> Level | None:
        """What is left of the caller's budget, None for who has none."""
        return None if self.account is None else Level(self.account.policy, self.available)

    @property
    # Any: extensions are JSON.
    def extensions(self) -> dict[str, Any] | None:
        """What the caller is told."""
        if self.account is None or not self.account.is_told:
            return None
        level = Level(self.account.policy, self.available)
        return cost_extensions(self.estimate, self.actual, level)


# Any: extensions are JSON.
def cost_extensions(requested: int, actual: int | None, level: Level) -> dict[str, Any]:
    """The cost of an operation in the shape that Shopify's clients know."""
    return {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": level.policy.capacity,
                "currentlyAvailable": level.available,
                "restoreRate": level.policy.restore_rate,
            },
        }
    }
