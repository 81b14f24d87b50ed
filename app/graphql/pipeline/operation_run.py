"""A call on its way through the pipeline: what it costs, how long it takes, what becomes of it."""

from time import perf_counter

from graphql import ExecutionResult
from graphql.execution.values import VariableValues

from app.graphql.metering.charge import API_KEY, Charge
from app.graphql.pipeline.budget_monitor import BudgetMonitor
from app.graphql.pipeline.call import OperationCall
from app.graphql.pipeline.exported_operations import export_ended
from app.graphql.pipeline.incremental import IncrementalResponses
from app.graphql.pipeline.operation_facts import OperationFacts
from app.graphql.pipeline.outcomes import final_outcome
from app.graphql.pipeline.responses import OperationResponse
from db.request_scope import RequestScope
from gql.context import RequestContext
from gql.documents.operation import UNTRUSTED
from metrics.observations import Outcome
from services.throttling.records import BucketLevel

_WORST_FIRST = (Outcome.SERVER_ERROR, Outcome.CLIENT_ERROR, Outcome.PROTECTED, Outcome.OK)
_NO_VARIABLES = VariableValues({}, {})


class OperationRun:
    """Totals of the responses to one call; its latency is that of the first response."""

    __slots__ = (
        "answers",
        "call",
        "charge",
        "context",
        "facts",
        "outcome",
        "parts",
        "seconds",
        "started",
        "statements",
        "values",
        "work",
    )

    def __init__(self, call: OperationCall) -> None:
        self.call = call
        self.facts: OperationFacts | None = None
        """Set once the operation is found."""
        self.values = _NO_VARIABLES
        self.context: RequestContext | None = None
        self.work: RequestScope | None = None
        self.charge: Charge | None = None
        """The charge until it is settled."""
        self.parts: IncrementalResponses | None = None
        self.answers = 0
        self.statements = 0
        self.outcome = Outcome.OK
        self.started = 0.0
        self.seconds = 0.0

    def add(self, response: OperationResponse) -> None:
        """Add the next response, and complete it by its statements and final outcome."""
        facts, context, work, log = self.facts, self.context, self.work, self.call.log
        if not self.answers:
            self.seconds = perf_counter() - self.started
        self.answers += 1
        if work is not None:
            response.statements, work.statements = work.statements, []
        self.statements += len(response.statements)
        if facts is not None and context is not None:
            budget = facts.operation.budget
            response.outcome = final_outcome(context, response.outcome, budget)
        if response.outcome is not self.outcome:
            self.outcome = min(self.outcome, response.outcome, key=_WORST_FIRST.index)
        log["outcome"], log["statements"] = self.outcome, self.statements

    def log_totals(self) -> None:
        """Log what a single response does not need: that there may be many, or none."""
        log = self.call.log
        log.setdefault("operation", UNTRUSTED)
        log["outcome"], log["statements"] = self.outcome, self.statements
        log["answers"] = self.answers

    def end(
        self,
        budget_monitor: BudgetMonitor,
        response: OperationResponse | None = None,
        result: ExecutionResult | None = None,
    ) -> None:
        """Settle the charge, add it to the last response, and record what became of the operation.

        Without a response the client has left.
        """
        call, charge, facts, estimate = self.call, self.charge, self.facts, 0
        if charge is not None:
            self.charge, estimate = None, charge.estimate
            charge.settle(self.outcome, result)
            account = charge.account
            if response is not None:
                response.seconds = self.seconds
                if self.work is not None:
                    response.database_seconds = self.work.seconds
                if account is not None:
                    response.level = BucketLevel(account.policy, charge.available)
                    if account.kind == API_KEY:
                        response.body["extensions"] = charge.extensions
        if facts is not None and self.answers:
            came = (self.seconds, self.statements, estimate, self.outcome)
            is_over = budget_monitor.record_run(
                facts, came, call.request_id, self.values, call.principal
            )
            if budget_monitor.exporter is not None:
                export_ended(budget_monitor.exporter, self, came, is_over_budget=is_over)
            if budget_monitor.usage is not None:
                budget_monitor.usage.note(facts.operation, call, self.seconds, self.outcome)
