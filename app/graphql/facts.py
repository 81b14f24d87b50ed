"""What of an operation is the same for each request that asks it."""

from math import inf

from gql.documents.budgets import Budget
from gql.documents.operation import Operation
from metrics.observations import Observations

_MOST_KNOWN = 1_000


class OperationFacts:
    """An operation, where its answers are noted, and the numbers that they are compared with."""

    __slots__ = (
        "deadline_seconds",
        "expected_seconds",
        "most_cost",
        "most_statements",
        "needs_coercion",
        "operation",
        "record",
    )

    def __init__(
        self, operation: Operation, observations: Observations, *, deadline_seconds: float
    ) -> None:
        budget = operation.budget
        self.operation = operation
        self.record = observations.record(operation.label, operation.kind, budget)
        self.needs_coercion = bool(operation.definition.variable_definitions) or operation.puts_off
        """Whether its variables are looked at, also where none are given."""
        self.deadline_seconds = min(deadline_seconds, budget.deadline_ms / 1000)
        self.expected_seconds = _least(budget, "p95_ms", budget.p95_ms) / 1000
        self.most_statements = _least(budget, "statements", budget.statements)
        self.most_cost = _least(budget, "cost", budget.cost)


def _least(budget: Budget, name: str, agreed: int | None) -> float:
    """What no variant may exceed; which is meant is found out where that is exceeded."""
    numbers = [one.numbers[name] for one in budget.variants if name in one.numbers]
    least: float = min(inf if agreed is None else agreed, *numbers, inf)
    return least


class KnownOperations:
    """The facts of operations that were asked, as long as there are not too many."""

    def __init__(self, observations: Observations, *, deadline_seconds: float) -> None:
        self._observations = observations
        self._deadline_seconds = deadline_seconds
        # By the identity of an operation, which its facts hold: what is equal may not be the same.
        self._facts: dict[int, OperationFacts] = {}
        self.known = self._facts.get
        """Those that are known of the operation with this identity."""

    def facts(self, operation: Operation) -> OperationFacts:
        """Those of an operation."""
        facts = self._facts.get(id(operation)) or OperationFacts(
            operation, self._observations, deadline_seconds=self._deadline_seconds
        )
        # Any other may be prepared anew each time, and is not held for it.
        if operation.document is not None:
            if len(self._facts) >= _MOST_KNOWN:
                self._facts.clear()
            self._facts[id(operation)] = facts
        return facts
