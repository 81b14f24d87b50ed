"""Charges operations to their callers: an estimate before they run, the actual cost after."""

from typing import Any

from graphql.execution.values import VariableValues

from app.graphql.metering.charge import Account, Charge, Throttled
from app.graphql.metering.cost_reports import place_report, too_expensive
from gql.documents.operation import Operation, RequestRefused
from metrics.admission import throttled
from services.callers.principal import Anonymous, ApiClient, Person, Principal, Router
from services.throttling.concurrency import ConcurrencyLimiter, NoFreeSlot, Slot
from services.throttling.networks import network
from services.throttling.rate_limiter import RateLimiter
from services.throttling.records import BucketLevel, BucketPolicy, CostLimits, SpendResult
from services.throttling.refusal_delay import RefusalDelay

COST_EXCEEDED = "OPERATION_COST_EXCEEDED"
_MOST_PEOPLE = 5_000
"""How many persons' accounts are cached."""
_REFUSAL_COST = 1
"""The cost of refusing a request: that of one object."""
_USED_UP = "The budget is used up"
_TOO_MANY = "Too many operations of yours wait for each other"
_UNMETERED = Account("address", "unmetered", BucketPolicy(1, 1))
"""The common account of callers without a budget."""


class Meter:
    """Charges operations; await `hold_back` before answering one that was throttled."""

    def __init__(
        self, limits: CostLimits, budgets: RateLimiter, limiter: ConcurrencyLimiter
    ) -> None:
        self._limits = limits
        self._budgets = budgets
        self._limiter = limiter
        # By `id()`: a cached token has the same `Person`, which is kept alive here.
        self._people: dict[int, tuple[Person, Account]] = {}
        self.hold_back = RefusalDelay().wait

    @property
    def slots_in_use(self) -> int:
        """How many operations are at work, without those that wait for a model."""
        return self._limiter.slots_in_use

    def estimate(self, operation: Operation, values: VariableValues) -> int:
        """The estimated cost; raises `RequestRefused` over the maximum."""
        cost, maximum = operation.cost.of(values.coerced), self._limits.maximum
        if cost > maximum:
            places = operation.cost.most_expensive(values.coerced, maximum=maximum)
            raise RequestRefused(COST_EXCEEDED, [too_expensive(cost, maximum, places)])
        return cost

    async def charge(
        self, operation: Operation, values: VariableValues, principal: Principal
    ) -> Charge:
        """Wait for a concurrency slot, and spend the estimate; `Charge.settle` ends both.

        Raises `RequestRefused` over the maximum, and `Throttled`.
        """
        charge = self.try_charge(operation, values, principal)
        if charge is not None:
            return charge
        cost = self.estimate(operation, values)
        account = self._account_of(principal) or _UNMETERED
        _, key, policy = account
        slot = self._limiter.try_acquire(key) or await self._slot(account, cost)
        try:
            spending = await self._budgets.spend(key, cost, policy)
        except BaseException:
            slot.release()
            raise
        return self._charged(operation, values, account, cost, spending, slot)

    def try_charge(
        self, operation: Operation, values: VariableValues, principal: Principal
    ) -> Charge | None:
        """Like `charge`, but without waiting; None if waiting is needed."""
        cost = operation.cost.fixed
        if cost is None or cost > self._limits.maximum:
            cost = self.estimate(operation, values)
        known = self._people.get(id(principal))
        account = self._account_of(principal) if known is None else known[1]
        if account is None:
            return Charge(cost, operation.cost, values)
        _, key, policy = account
        spend = self._budgets.spend_now
        slot = self._limiter.try_acquire(key) if spend is not None else None
        if spend is None or slot is None:
            return None
        return self._charged(operation, values, account, cost, spend(key, cost, policy), slot)

    def _charged(
        self,
        operation: Operation,
        values: VariableValues,
        account: Account,
        cost: int,
        spending: SpendResult,
        slot: Slot,
    ) -> Charge:
        if spending.retry_after_seconds is not None:
            slot.release()
            raise _used_up(account, cost, spending, spending.retry_after_seconds)
        if operation.kind == "subscription":
            slot.release()
        return Charge(
            cost, operation.cost, values, account, spending.available, self._budgets, slot
        )

    async def spend(self, principal: Principal, cost: int) -> None:
        """Spend `cost`, at most the caller's whole budget; raises `Throttled`."""
        account = self._account_of(principal)
        if account is None:
            return
        cost = min(cost, account.policy.capacity)
        spending = await self._budgets.spend(account.key, cost, account.policy)
        if spending.retry_after_seconds is not None:
            raise _used_up(account, cost, spending, spending.retry_after_seconds)

    async def charge_refusal(self, principal: Principal) -> None:
        """Charge a request that is refused before it runs; raises `Throttled`."""
        try:
            await self.spend(principal, _REFUSAL_COST)
        except Throttled:
            await self.hold_back()
            raise

    def refund(self, principal: Principal, cost: int) -> None:
        """Refund what `spend` spent, if the work was not done."""
        account = self._account_of(principal)
        if account is not None:
            _, key, policy = account
            self._budgets.refund(key, min(cost, policy.capacity), policy)

    def queue_key(self, principal: Principal) -> str:
        """The key under which the caller waits in queues beside this meter's own."""
        return (self._account_of(principal) or _UNMETERED).key

    async def no_turn_error(self, principal: Principal, reason: str) -> Throttled:
        """The error for a caller whose work did not get a slot in time."""
        return await self._no_turn(self._account_of(principal) or _UNMETERED, 0, reason)

    async def _slot(self, account: Account, cost: int) -> Slot:
        try:
            return await self._limiter.acquire(account.key)
        except NoFreeSlot:
            raise await self._no_turn(account, cost, _TOO_MANY) from None

    async def _no_turn(self, account: Account, cost: int, reason: str) -> Throttled:
        throttled(account.kind)
        spending = await self._budgets.spend(account.key, 0, account.policy)
        level = BucketLevel(account.policy, spending.available)
        return Throttled(reason, cost, level, 1, shows_cost=account.sees_costs)

    def _account_of(self, principal: Principal) -> Account | None:
        if isinstance(principal, Person):
            account = Account("person", f"person:{principal.user_id}", self._limits.person_policy)
            if len(self._people) >= _MOST_PEOPLE:
                self._people.clear()
            self._people[id(principal)] = principal, account
            return account
        if isinstance(principal, ApiClient):
            return Account("key", f"key:{principal.credential_id}", self._limits.key_policy)
        policy = self._limits.address_policy
        if principal.address is None:
            routers = self._limits.router_policy
            return None if routers is None else _account_of_router(principal, routers)
        if policy is None:
            return None
        return Account("address", f"address:{network(principal.address)}", policy)

    def cost_report(self, operation: Operation, values: VariableValues) -> dict[str, Any]:
        """The extensions for a client that asks only for the cost; raises `RequestRefused`."""
        places = operation.cost.most_expensive(values.coerced, maximum=self._limits.maximum)
        return {
            "cost": {
                "requestedQueryCost": self.estimate(operation, values),
                "actualQueryCost": None,
                "maximumQueryCost": self._limits.maximum,
                "paths": [place_report(place) for place in places],
            }
        }


def _account_of_router(principal: Anonymous | Router, policy: BucketPolicy) -> Account | None:
    """The account of a router; None for a caller without one."""
    if not isinstance(principal, Router):
        return None
    return Account("router", f"router:{principal.name}", policy)


def _used_up(account: Account, cost: int, spending: SpendResult, seconds: int) -> Throttled:
    throttled(account.kind)
    level = BucketLevel(account.policy, spending.available)
    return Throttled(_USED_UP, cost, level, seconds, shows_cost=account.sees_costs)
