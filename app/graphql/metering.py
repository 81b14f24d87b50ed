"""What an operation costs its caller: checked before it runs, settled by what came of it."""

from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.execution.values import VariableValues

from app.graphql.charging import Account, Charge, Throttled
from gql.documents.cost import Dear
from gql.documents.prepare import Operation, RequestRefused
from gql.runtime.running import EncodedResult
from metrics.admission import throttled
from services.principal import ApiClient, Person, Principal
from services.throttling.budgets import Budgets
from services.throttling.networks import network
from services.throttling.pauses import Pauses
from services.throttling.records import CostLimits, Level, Policy, Spending
from services.throttling.turns import NoTurn, Turn, Turns

COST_EXCEEDED = "OPERATION_COST_EXCEEDED"
_MOST_PEOPLE = 5_000
"""Of whom it is known which budget is theirs; all others are asked for it each time."""
_REFUSAL = 1
"""The cost of reading and refusing a request, as of an object."""
_USED_UP = "The budget is used up"
_TOO_MANY = "Too many operations of yours wait for each other"
_UNMETERED = Account("address", "unmetered", Policy(1, 1))
"""Of all who have no budget."""


class Meter:
    """Admits operations; `hold_back` is to be waited for before an answer that it refused."""

    def __init__(self, limits: CostLimits, budgets: Budgets, turns: Turns) -> None:
        self._limits = limits
        self._budgets = budgets
        self._turns = turns
        # By the identity of a person, who is held here and the same as long as a token is known.
        self._people: dict[int, tuple[Person, Account]] = {}
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
        charge = self.charge_at_once(operation, values, principal)
        if charge is not None:
            return charge
        cost = self.estimate(operation, values)
        account = self._account_of(principal) or _UNMETERED
        _, key, policy = account
        turn = self._turns.take_free(key) or await self._turn(account, cost)
        try:
            spending = await self._budgets.spend(key, cost, policy)
        except BaseException:
            turn.end()
            raise
        return self._charged(operation, account, cost, spending, turn)

    def charge_at_once(
        self, operation: Operation, values: VariableValues, principal: Principal
    ) -> Charge | None:
        """As `charge`, where nobody has to be waited for; None where that is to be awaited."""
        cost = operation.cost.fixed
        if cost is None or cost > self._limits.maximum:
            cost = self.estimate(operation, values)
        known = self._people.get(id(principal))
        account = self._account_of(principal) if known is None else known[1]
        if account is None:
            return Charge(cost)
        _, key, policy = account
        spend = self._budgets.spend_at_once
        turn = self._turns.take_free(key) if spend is not None else None
        if spend is None or turn is None:
            return None
        return self._charged(operation, account, cost, spend(key, cost, policy), turn)

    def _charged(
        self, operation: Operation, account: Account, cost: int, spending: Spending, turn: Turn
    ) -> Charge:
        if spending.retry_after_seconds is not None:
            turn.end()
            raise _used_up(account, cost, spending, spending.retry_after_seconds)
        if operation.kind == "subscription":
            turn.end()
        return Charge(cost, account, spending.available, self._budgets, turn)

    async def spend(self, principal: Principal, cost: int) -> None:
        """Spend so much, or all that the caller may have at once; raises `Throttled`."""
        account = self._account_of(principal)
        if account is None:
            return
        cost = min(cost, account.policy.capacity)
        spending = await self._budgets.spend(account.key, cost, account.policy)
        if spending.retry_after_seconds is not None:
            raise _used_up(account, cost, spending, spending.retry_after_seconds)

    async def charge_refusal(self, principal: Principal) -> None:
        """Have a request paid that is refused before it costs anything; raises `Throttled`."""
        try:
            await self.spend(principal, _REFUSAL)
        except Throttled:
            await self.hold_back()
            raise

    def give_back(self, principal: Principal, cost: int) -> None:
        """Give back what `spend` spent, where nothing was done for it."""
        account = self._account_of(principal)
        if account is not None:
            _, key, policy = account
            self._budgets.refund(key, min(cost, policy.capacity), policy)

    def line(self, principal: Principal) -> str:
        """In which of the lines the caller waits that are formed beside this meter's own."""
        return (self._account_of(principal) or _UNMETERED).key

    async def waited_in_vain(self, principal: Principal, reason: str) -> Throttled:
        """What is answered to who had no turn, and may ask again."""
        return await self._no_turn(self._account_of(principal) or _UNMETERED, 0, reason)

    async def _turn(self, account: Account, cost: int) -> Turn:
        try:
            return await self._turns.take(account.key)
        except NoTurn:
            raise await self._no_turn(account, cost, _TOO_MANY) from None

    async def _no_turn(self, account: Account, cost: int, reason: str) -> Throttled:
        throttled(account.kind)
        spending = await self._budgets.spend(account.key, 0, account.policy)
        level = Level(account.policy, spending.available)
        return Throttled(reason, cost, level, 1, tells=account.is_told)

    def _account_of(self, principal: Principal) -> Account | None:
        if isinstance(principal, Person):
            account = Account("person", f"person:{principal.user_id}", self._limits.of_person)
            if len(self._people) >= _MOST_PEOPLE:
                self._people.clear()
            self._people[id(principal)] = principal, account
            return account
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
    """What came of an operation that ran; never more than it was to cost."""
    if isinstance(result, EncodedResult):
        return min(result.cost, operation.cost.of(values.coerced))
    return operation.cost.actual(values.coerced, result.data) if result.data else 0


def _used_up(account: Account, cost: int, spending: Spending, seconds: int) -> Throttled:
    throttled(account.kind)
    level = Level(account.policy, spending.available)
    return Throttled(_USED_UP, cost, level, seconds, tells=account.is_told)


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
