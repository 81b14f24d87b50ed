"""Compares each operation with its budget: exceeded numbers are counted and logged."""

import structlog
from graphql.execution.values import VariableValues

from app.graphql.pipeline.operation_facts import OperationFacts
from app.graphql.pipeline.usage_reports import UsageReports
from gql.documents.budgets.variant_budgets import describe_requested_variant
from gql.documents.operation import UNTRUSTED, Operation
from metrics.observations import Observations, OperationSample, OperationStats, SampleValues
from services.callers.principal import Principal
from spans.current import current_trace
from spans.exporter import Exporter
from spans.trace import largest_part

_EXPECTED = "p95_ms"
"""Not logged: of twenty responses one may take longer, so that only the count matters."""
_log = structlog.get_logger("guidance.budgets")


class BudgetMonitor:
    """Records what operations took; costs a dictionary lookup and a few comparisons.

    If variants have budgets of their own, the variables are inspected too.
    """

    def __init__(
        self,
        observations: Observations,
        exporter: Exporter | None = None,
        usage: UsageReports | None = None,
    ) -> None:
        self._observations = observations
        self.exporter = exporter
        """What traces are exported with, if they are."""
        self.usage = usage
        """What a registry is told by, if it is."""

    def record_run(
        self,
        facts: OperationFacts,
        came: SampleValues,
        request_id: str,
        values: VariableValues,
        principal: Principal,
    ) -> bool:
        """Record what one operation took; true if a number is over its budget, which is logged."""
        facts.record.pending.append(came)
        seconds, statements, cost, _ = came
        if (
            seconds > facts.expected_seconds
            or statements > facts.most_statements
            or cost > facts.most_cost
        ):
            operation = facts.operation
            observed = OperationSample(operation.label, *came)
            return self._compare(operation, observed, facts.record, request_id, values, principal)
        return False

    def _compare(
        self,
        operation: Operation,
        observed: OperationSample,
        record: OperationStats,
        request_id: str,
        values: VariableValues,
        principal: Principal,
    ) -> bool:
        """Compare a response with the budget of its variant; true if a number is over it."""
        budget = operation.budget
        agreed = budget if operation.variants is None else operation.variants.of(values, principal)
        over = self._observations.over(observed, agreed, record)
        if over:
            variant = {}
            # Untrusted documents may have variables of any name, which must not be logged.
            if operation.choices is not None and observed.operation != UNTRUSTED:
                variant["variant"] = describe_requested_variant(
                    operation.choices, values, principal
                )
            return self._warn(over, observed.operation, request_id, variant)
        return False

    def _warn(
        self,
        over: list[tuple[str, float, int]],
        name: str,
        request_id: str,
        variant: dict[str, str],
    ) -> bool:
        exceeded = {
            number: f"{taken:g} of {agreed}"
            for number, taken, agreed in over
            if number != _EXPECTED
        }
        if exceeded:
            trace = current_trace()
            if trace is not None:
                exceeded["largest_part"] = largest_part(trace.uses())
            _log.warning(
                "over budget", request_id=request_id, operation=name, **variant, **exceeded
            )
        return bool(exceeded)
