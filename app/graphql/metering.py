"""What an operation costs its caller: checked before it runs, settled by what came of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.execution.values import VariableValues

from gql.execution.prepare import Operation, RequestRefused
from gql.operations.cost import Dear
from metrics.throttling import throttled
from services.principal import ApiClient, Person, Principal
from services.throttling.budgets import Budgets
from services.throttling.networks import network
from services.throttling.pauses import Pauses
from services.throttling.records import CostLimits, Level, Policy
from services.throttling.turns import NoTurn, Turns

COST_EXCEEDED = "OPERATION_COST_EXCEEDED"
THROTTLED = "THROTTLED"
_USED_UP = "The budget is used up"
_TOO_MANY = "Too many operations of yours wait for each other"


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


@dataclass(slots=True)
class Charge:
    """An estimate that was spent, of which `actual` is kept in the end.

    `level` is what is left of the caller's budget, None for who has none; `tells` whether the
    caller is told what it cost.
    """

    estimate: int
    level: Level | None
    tells: bool
    actual: int = 0

    @property
    # Any: extensions are JSON.
    def extensions(self) -> dict[str, Any] | None:
        """What the caller is told."""
        if self.level is None or not self.tells:
            return None
        return cost_extensions(self.estimate, self.actual, self.level)


class Meter:
    """Admits operations; `hold_back` is to be waited for before an answer that it refused."""

    def __init__(self, limits: CostLimits, budgets: Budgets, turns: Turns) -> None:
        self._limits = limits
        self._budgets = budgets
        self._turns = turns
        self.hold_back = Pauses().hold_back

    def estimate(self, operation: Operation, values: VariableValues) -> int:
        """What the operation is to cost; raises `RequestRefused` over the maximum."""
        cost, maximum = operation.cost.of(values.coerced), self._limits.maximum
        if cost > maximum:
            places = operation.cost.dearest(values.coerced, maximum=maximum)
            raise RequestRefused(COST_EXCEEDED, [_too_dear(cost, maximum, places)])
        return cost

    @asynccontextmanager
    async def charged(
        self, operation: Operation, values: VariableValues, principal: Principal
    ) -> AsyncIterator[Charge]:
        """Spend the estimate, and give back in the end what is not `actual`: all, unless it is set.

        Raises `RequestRefused` over the maximum, and `Throttled`.
        """
        cost = self.estimate(operation, values)
        budget = self._budget_of(principal)
        if budget is None:
            yield Charge(cost, None, tells=False)
            return
        kind, key, policy = budget
        tells = kind == "key"
        try:
            turn = await self._turns.take(key)
        except NoTurn:
            throttled(kind)
            level = (await self._budgets.spend(key, 0, policy)).level
            raise Throttled(_TOO_MANY, cost, level, 1, tells=tells) from None
        try:
            spent = await self._budgets.spend(key, cost, policy)
            if spent.retry_after_seconds is not None:
                throttled(kind)
                seconds = spent.retry_after_seconds
                raise Throttled(_USED_UP, cost, spent.level, seconds, tells=tells)
            if operation.kind == "subscription":
                turn.end()
            charge = Charge(cost, spent.level, tells=tells)
            try:
                yield charge
            finally:
                unused = cost - charge.actual
                self._budgets.refund(key, unused, policy)
                charge.level = spent.level.restored(unused)
        finally:
            turn.end()

    def _budget_of(self, principal: Principal) -> tuple[str, str, Policy] | None:
        """The kind of the caller, the key of the budget, and what it allows."""
        if isinstance(principal, ApiClient):
            return "key", f"key:{principal.credential_id}", self._limits.of_key
        if isinstance(principal, Person):
            return "person", f"person:{principal.user_id}", self._limits.of_person
        if principal.address is not None and self._limits.of_address is not None:
            return "address", f"address:{network(principal.address)}", self._limits.of_address
        return None

    def validated(self, operation: Operation, values: VariableValues) -> dict[str, Any]:
        """What a client is told that asks for the cost alone; raises `RequestRefused`."""
        places = operation.cost.dearest(values.coerced, maximum=self._limits.maximum)
        return {
            "cost": {
                "requestedQueryCost": self.estimate(operation, values),
                "actualQueryCost": None,
                "maximumQueryCost": self._limits.maximum,
                "paths": [_place(place) for place in places],
            }
        }


def actual_cost(operation: Operation, values: VariableValues, result: ExecutionResult) -> int:
    """What came of an operation that ran."""
    return operation.cost.actual(values.coerced, result.data) if result.data else 0


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


def _too_dear(cost: int, maximum: int, places: list[Dear]) -> GraphQLError:
    message = f"The operation costs {cost}, and at most {maximum} is served."
    if places:
        message += f" Dearest is {', then '.join(_in_words(place) for place in places)}."
    return GraphQLError(
        message,
        extensions={
            "cost": cost,
            "maximum": maximum,
            "paths": [_place(place) for place in places],
        },
    )


def _in_words(place: Dear) -> str:
    advice = "" if place.at_most is None else f": ask for at most {place.at_most} here"
    return f"{place.path} ({place.cost}{advice})"


def _place(place: Dear) -> dict[str, Any]:
    return {
        "path": place.path,
        "cost": place.cost,
        "argument": place.argument,
        "size": place.size,
        "atMost": place.at_most,
    }
