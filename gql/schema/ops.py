"""The types of operations data, for callers with the `ops` role."""

from enum import Enum
from typing import Annotated, Self

import strawberry

from gql.context import Info
from gql.errors import BadUserInput
from gql.schema import described
from gql.schema.chat.feedback import FeedbackSummary
from gql.schema.day_span import FirstDay, LastDay, check_span
from gql.values.cost_weights import ROWS_WEIGHT, Weight
from gql.values.mappings import Sourced
from gql.values.objectives import OBJECTIVE_ERROR_SHARE
from loaders import FeedbackOfDay, FeedbackSpan
from loaders.batching.loader import LoaderFuture
from metrics.observations import OperationStats
from metrics.repository_methods import MethodStats
from spans.part import Kind, Part
from spans.trace import SelfTime

DEFAULT_METHODS, MAX_METHODS = 10, 100

Top = Annotated[int | None, strawberry.argument(description="How many methods at most, 1 to 100.")]


@strawberry.type(description="How long the statements of one repository method took.")
class RepositoryMethodTiming:
    """The timing of one method in this process."""

    method: str = strawberry.field(description="The name of the method that asks the database.")
    calls: int = strawberry.field(description="How often the method ran.")
    total_ms: float = strawberry.field(
        description="The time of all calls together, in milliseconds."
    )
    mean_ms: float = strawberry.field(description="The time of a call on average, in milliseconds.")
    p95_ms: float = strawberry.field(
        description="Milliseconds that 95% of the newest calls stayed within."
    )
    max_ms: float = strawberry.field(description="Milliseconds of the slowest call.")

    errors: int = strawberry.field(description="How many failed or were cut short.")
    rows: int = strawberry.field(description="How many rows they returned in all.")
    waiting_ms: float = strawberry.field(
        description="Milliseconds in all for which a connection was waited for before them."
    )
    python_ms: float = strawberry.field(
        description="Milliseconds in all of the method's own work besides them, as far as the "
        "requests tell that are traced."
    )

    @classmethod
    def from_method(cls, name: str, method: MethodStats, own: SelfTime) -> Self:
        """The timing as operators see it; `own` is of the method's own work in traced requests."""
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
            python_ms=timing.count * own.seconds * 1000 / own.times if own.times else 0.0,
        )


@described.enum(
    "What an operation comes to beside its budget and the objectives.",
    KEPT="Every number is kept, by the answers seen.",
    EXCEEDED="A percentile, the statements or the errors are beyond what is agreed.",
    NO_SAMPLES="Nothing is known: every request was refused, or was a mistake of its client.",
)
class BudgetVerdict(Enum):
    """How an operation compares with its budget."""

    KEPT = "KEPT"
    EXCEEDED = "EXCEEDED"
    NO_SAMPLES = "NO_SAMPLES"


@strawberry.type(description="One operation against its objectives.")
class OperationSlo:
    """The record of one operation in this process."""

    operation_name: str = strawberry.field(
        description="The name of the operation, as its document gives it."
    )
    requests: int = strawberry.field(
        description="How many requests for the operation were answered."
    )
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
        description="Whether its percentiles, its statements and the objective for errors are "
        "kept; false where nothing is known."
    )
    samples: int = strawberry.field(
        description="How many requests were worked for: neither refused nor a client's mistake. "
        "The percentiles and the share of errors are of them."
    )
    error_share: float | None = strawberry.field(
        description="The part of them that failed by a fault of the server, of all or of the "
        "newest, whichever is more; null where there are none."
    )
    budget_error_share: float = strawberry.field(
        description="The largest share of errors that the objective allows."
    )
    verdict: BudgetVerdict = strawberry.field(
        description="What `withinBudget` says, and whether anything is known."
    )

    @classmethod
    def from_record(cls, name: str, record: OperationStats) -> Self:
        """The record of one operation beside its budget."""
        p50_ms, p95_ms, p99_ms = (
            record.timing.percentile(share) * 1000 for share in (0.5, 0.95, 0.99)
        )
        slo = cls(
            operation_name=name,
            requests=record.requests,
            errors=record.errors,
            protected=record.protected,
            p50_ms=p50_ms,
            p95_ms=p95_ms,
            p99_ms=p99_ms,
            budget_p95_ms=record.limits.p95_ms,
            budget_p99_ms=record.limits.p99_ms,
            statements_max=record.statements_max,
            budget_statements=record.limits.statements,
            within_budget=False,
            statements_share=record.statements_share,
            samples=record.timing.count,
            error_share=record.error_share,
            budget_error_share=OBJECTIVE_ERROR_SHARE,
            verdict=BudgetVerdict.NO_SAMPLES,
        )
        if slo.budget_share > 1:
            slo.verdict = BudgetVerdict.EXCEEDED
        elif slo.samples:
            slo.verdict, slo.within_budget = BudgetVerdict.KEPT, True
        return slo

    @property
    def budget_share(self) -> float:
        """The largest used share of any of its budgets; above 1 a budget is exceeded."""
        # More statements than the document's budget may be within that of a variant.
        usual = min(1.0, self.statements_max / (self.budget_statements or 1))
        statements = max(usual, self.statements_share)
        return max(
            self.p95_ms / self.budget_p95_ms,
            self.p99_ms / self.budget_p99_ms,
            0.0 if self.budget_statements is None else statements,
            (self.error_share or 0.0) / self.budget_error_share,
        )

    @property
    def severity_rank(self) -> tuple[int, float, float]:
        """Sorts the worst first: exceeded, then unknown, then by errors and by used share."""
        return _RANKS[self.verdict], -(self.error_share or 0.0), -self.budget_share


_RANKS = {BudgetVerdict.EXCEEDED: 0, BudgetVerdict.NO_SAMPLES: 1, BudgetVerdict.KEPT: 2}


@strawberry.type(description="Operations data, most of it of the process that answers.")
class Ops:
    """For callers with the `ops` role."""

    @described.field(
        "The slowest repository methods of this process by total time, slowest first.",
        Weight(assumed_size=DEFAULT_METHODS, slicing_argument="top"),
    )
    def slow_queries(self, info: Info, top: Top = DEFAULT_METHODS) -> list[RepositoryMethodTiming]:
        top = DEFAULT_METHODS if top is None else top
        if not 1 <= top <= MAX_METHODS:
            raise BadUserInput(f"`top` must be from 1 to {MAX_METHODS}, not {top}.")
        seen = info.context.observations
        return [
            RepositoryMethodTiming.from_method(
                name, method, seen.parts.use(Part(Kind.METHOD, name))
            )
            for name, method in seen.methods.slowest(top)
        ]

    @described.field(
        "Every operation seen by this process against its budget, worst first.", ROWS_WEIGHT
    )
    def operation_slos(self, info: Info) -> list[OperationSlo]:
        seen = info.context.observations.operations()
        slos = [OperationSlo.from_record(name, record) for name, record in seen]
        return sorted(slos, key=lambda slo: slo.severity_rank)

    @described.field(
        "What people think of replies. One row per UTC day and model with feedback, oldest first; "
        "at most 400 days.",
        ROWS_WEIGHT,
    )
    def feedback(
        self, info: Info, from_: FirstDay, to: LastDay
    ) -> Sourced[list[FeedbackSummary], LoaderFuture[list[FeedbackOfDay]]]:
        check_span(from_, to)
        return info.context.loaders.feedback_by_day.start(FeedbackSpan(from_, to))
