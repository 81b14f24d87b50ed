"""What operators see of this process."""

from typing import Annotated, Self

import strawberry

from gql.context import Info
from gql.errors import BadUserInput
from gql.schema import described
from gql.schema.weight import ROWS, Weight
from metrics.methods import Method
from metrics.observations import OperationRecord

DEFAULT_METHODS, MOST_METHODS = 10, 100

Top = Annotated[int | None, strawberry.argument(description="How many methods at most, 1 to 100.")]


@strawberry.type(description="How long the statements of one repository method took.")
class RepositoryMethodTiming:
    """The timing of one method in this process."""

    method: str = strawberry.field(description="The method's name.")
    calls: int = strawberry.field(description="How often it ran.")
    total_ms: float = strawberry.field(description="Milliseconds in all.")
    mean_ms: float = strawberry.field(description="Milliseconds a call.")
    p95_ms: float = strawberry.field(
        description="Milliseconds that 95% of the newest calls stayed within."
    )
    max_ms: float = strawberry.field(description="Milliseconds of the slowest call.")

    errors: int = strawberry.field(description="How many failed or were cut short.")
    rows: int = strawberry.field(description="How many rows they returned in all.")
    waiting_ms: float = strawberry.field(
        description="Milliseconds in all for which a connection was waited for before them."
    )

    @classmethod
    def from_method(cls, name: str, method: Method) -> Self:
        """The timing as operators see it."""
        timing = method.timing
        return cls(
            method=name,
            calls=timing.count,
            total_ms=timing.total * 1000,
            mean_ms=timing.total * 1000 / timing.count,
            p95_ms=timing.percentile(0.95) * 1000,
            max_ms=timing.longest * 1000,
            errors=method.errors,
            rows=method.rows,
            waiting_ms=method.waited_seconds * 1000,
        )


@strawberry.type(description="One operation against its objectives.")
class OperationSlo:
    """The record of one operation in this process."""

    operation_name: str = strawberry.field(description="The operation's name.")
    requests: int = strawberry.field(description="How many were answered.")
    errors: int = strawberry.field(description="How many failed by a fault of the server.")
    protected: int = strawberry.field(
        description="Requests refused on purpose: rate limits, quotas, conflicts."
    )
    p50_ms: float = strawberry.field(description="The median latency in milliseconds.")
    p95_ms: float = strawberry.field(description="The 95th percentile in milliseconds.")
    p99_ms: float = strawberry.field(description="The 99th percentile in milliseconds.")
    budget_p95_ms: float = strawberry.field(description="What the 95th percentile may be.")
    budget_p99_ms: float = strawberry.field(description="What the 99th percentile may be.")
    statements_max: int = strawberry.field(description="The most SQL statements one request ran.")
    budget_statements: int | None = strawberry.field(
        description="How many statements it may run; null where none is agreed."
    )
    statements_share: strawberry.Private[float]
    within_budget: bool = strawberry.field(
        description="Whether its percentiles and its statements are kept."
    )

    @classmethod
    def from_record(cls, name: str, record: OperationRecord) -> Self:
        """The record as operators see it."""
        p95_ms, p99_ms = (record.timing.percentile(share) * 1000 for share in (0.95, 0.99))
        slo = cls(
            operation_name=name,
            requests=record.requests,
            errors=record.errors,
            protected=record.protected,
            p50_ms=record.timing.percentile(0.5) * 1000,
            p95_ms=p95_ms,
            p99_ms=p99_ms,
            budget_p95_ms=record.agreed.p95_ms,
            budget_p99_ms=record.agreed.p99_ms,
            statements_max=record.statements_max,
            budget_statements=record.agreed.statements,
            within_budget=True,
            statements_share=record.statements_share,
        )
        slo.within_budget = slo.budget_share <= 1
        return slo

    @property
    def budget_share(self) -> float:
        """The part of its tightest budget that is used up; beyond 1, it is not kept."""
        # What is more than usual may be what is agreed of the variant.
        usual = min(1.0, self.statements_max / (self.budget_statements or 1))
        statements = max(usual, self.statements_share)
        return max(
            self.p95_ms / self.budget_p95_ms,
            self.p99_ms / self.budget_p99_ms,
            0.0 if self.budget_statements is None else statements,
        )

    @property
    def error_share(self) -> float:
        """The part of its requests that failed by a fault of the server."""
        return self.errors / self.requests

    @property
    def goodness(self) -> tuple[bool, float, float]:
        """The worst first: what is not kept, then what fails most, then what is tightest."""
        return self.within_budget, -self.error_share, -self.budget_share


@strawberry.type(description="Operations data of the process that answers.")
class Ops:
    """For callers with the `ops` role."""

    @described.field(
        "The slowest repository methods of this process by total time, slowest first.",
        Weight(most=DEFAULT_METHODS, sized_by="top"),
    )
    def slow_queries(self, info: Info, top: Top = DEFAULT_METHODS) -> list[RepositoryMethodTiming]:
        top = DEFAULT_METHODS if top is None else top
        if not 1 <= top <= MOST_METHODS:
            raise BadUserInput(f"`top` must be from 1 to {MOST_METHODS}, not {top}.")
        slowest = info.context.observations.methods.slowest(top)
        return [RepositoryMethodTiming.from_method(name, method) for name, method in slowest]

    @described.field("Every operation seen by this process against its budget, worst first.", ROWS)
    def operation_slos(self, info: Info) -> list[OperationSlo]:
        seen = info.context.observations.operations()
        slos = [OperationSlo.from_record(name, record) for name, record in seen]
        return sorted(slos, key=lambda slo: slo.goodness)
