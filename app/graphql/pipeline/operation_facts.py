"""Facts about an operation that are computed once for all requests that run it."""

from math import inf

from gql.documents.operation import Operation
from gql.documents.trusted_documents import Budget
from metrics.observations import Observations
from spans.part import Kind, Part

_MOST_KNOWN = 1_000


class OperationFacts:
    """An operation, its metrics record, and the budget numbers that responses are compared with."""

    __slots__ = (
        "deadline_seconds",
        "expected_seconds",
        "has_secret",
        "most_cost",
        "most_statements",
        "needs_coercion",
        "operation",
        "part",
        "record",
    )

    def __init__(
        self, operation: Operation, observations: Observations, *, deadline_seconds: float
    ) -> None:
        budget = operation.budget
        self.operation = operation
        self.part = Part(Kind.EXECUTION, f"{operation.kind} {operation.label}")
        self.has_secret = operation.kind == "mutation" or operation.caching.has_secret
        """Whether answers are sent uncompressed: they may have what only their caller may know
        beside what somebody else has written."""
        self.record = observations.record(operation.label, operation.kind, budget)
        self.needs_coercion = (
            bool(operation.definition.variable_definitions) or operation.uses_incremental_delivery
        )
        """Whether variables must be coerced even if the request has none."""
        self.deadline_seconds = min(deadline_seconds, budget.deadline_ms / 1000)
        self.expected_seconds = _least(budget, "p95_ms", budget.p95_ms) / 1000
        self.most_statements = _least(budget, "statements", budget.statements)
        self.most_cost = _least(budget, "cost", budget.cost)


def _least(budget: Budget, name: str, agreed: int | None) -> float:
    """The least value agreed for what the server can tell; if exceeded, the variant is found."""
    numbers = [
        one.numbers[name]
        for one in budget.variants
        if name in one.numbers and one.where.is_recognised
    ]
    least: float = min(inf if agreed is None else agreed, *numbers, inf)
    return least


class OperationFactsCache:
    """A bounded cache of the facts of trusted operations."""

    def __init__(self, observations: Observations, *, deadline_seconds: float) -> None:
        self._observations = observations
        self._deadline_seconds = deadline_seconds
        # By `id()`, as equal operations need not be the same; the facts keep the operation alive.
        self._facts: dict[int, OperationFacts] = {}
        self.known = self._facts.get
        """Looks up cached facts by the `id()` of an operation."""

    def facts(self, operation: Operation) -> OperationFacts:
        """The facts of an operation, from the cache if they are there."""
        facts = self._facts.get(id(operation)) or OperationFacts(
            operation, self._observations, deadline_seconds=self._deadline_seconds
        )
        # Other operations may be prepared anew for each request: they would only fill the cache.
        if operation.document is not None:
            if len(self._facts) >= _MOST_KNOWN:
                self._facts.clear()
            self._facts[id(operation)] = facts
        return facts
