"""What an operation costs its caller: checked before it runs, settled by what came of it."""

from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.execution.values import VariableValues

from app.graphql.charging import Account, Charge, Throttled
from gql.execution.prepare import Operation, RequestRefused
from gql.operations.cost import Dear
from metrics.throttling import throttled
from services.principal import ApiClient, Person, Principal
from services.throttling.budgets import Budgets
from services.throttling.networks import network
from services.throttling.pauses import Pauses
from services.throttling.records import CostLimits, Level
from services.throttling.turns import NoTurn, Turn, Turns

COST_EXCEEDED = "OPERATION_COST_EXCEEDED"
_USED_UP = "The budget is used up"
_TOO_MANY = "Too many operations of yours wait for each other"


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

    async def charge(
        self, operation: Operation, values: VariableValues, principal: Principal
    ) -> Charge:
        """Wait for a turn, and spend the estimate; leaving the charge's block settles both.

        Raises `RequestRefused` over the maximum, and `Throttled`.
        """
        cost = self.estimate(operation, values)
        account = self._account_of(principal)
        if account is None:
            return Charge(cost)
        _, key, policy = account
        turn = self._turns.take_free(key) or await self._turn(account, cost)
        try:
            spending = self._budgets.spend_here(key, cost, policy)
            if spending is None:
                spending = await self._budgets.spend(key, cost, policy)
        except BaseException:
            turn.end()
            raise
        if spending.retry_after_seconds is not None:
            turn.end()
            throttled(account.kind)
            level = Level(account.policy, spending.available)
            seconds = spending.retry_after_seconds
            raise Throttled(_USED_UP, cost, level, seconds, tells=account.is_told)
        if operation.kind == "subscription":
            turn.end()
        return Charge(cost, account, spending.available, self._budgets, turn)

    async def _turn(self, account: Account, cost: int) -> Turn:
        try:
            return await self._turns.take(account.key)
        except NoTurn:
            throttled(account.kind)
            spending = await self._budgets.spend(account.key, 0, account.policy)
            level = Level(account.policy, spending.available)
            raise Throttled(_TOO_MANY, cost, level, 1, tells=account.is_told) from None

    def _account_of(self, principal: Principal) -> Account | None:
        if isinstance(principal, Person):
            return Account("person", f"person:{principal.user_id}", self._limits.of_person)
        if isinstance(principal, ApiClient):
            return Account("key", f"key:{principal.credential_id}", self._limits.of_key)
        policy = self._limits.of_address
        if principal.address is None or policy is None:
            return None
        return Account("address", f"address:{network(principal.address)}", policy)

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
