"""Each operation held to its budget while the server runs: counted, and told where it is over."""

import structlog
from graphql.execution.values import VariableValues

from app.graphql.facts import OperationFacts
from gql.documents.asked_variants import variant_in_words
from gql.documents.operation import UNTRUSTED, Operation
from metrics.observations import Came, Observations, Observed, OperationRecord
from services.principal import Principal
from spans.current import current_trace
from spans.trace import largest_part

_EXPECTED = "p95_ms"
"""Of twenty answers one may take longer; only how many do says something."""
_log = structlog.get_logger("guidance.budgets")


class Observing:
    """Notes what operations took; costs a look into a dictionary and a few comparisons.

    Where variants have budgets of their own, it costs a look at the variables that tell them, too.
    """

    def __init__(self, observations: Observations) -> None:
        self._observations = observations

    def note_run(
        self,
        facts: OperationFacts,
        came: Came,
        request_id: str,
        values: VariableValues,
        principal: Principal,
    ) -> None:
        """Note what an operation that ran came to, as `note` does."""
        facts.record.pending.append(came)
        seconds, statements, cost, _ = came
        if (
            seconds > facts.expected_seconds
            or statements > facts.most_statements
            or cost > facts.most_cost
        ):
            operation = facts.operation
            observed = Observed(operation.label, *came)
            self._compare(operation, observed, facts.record, request_id, values, principal)

    def note(
        self,
        operation: Operation,
        observed: Observed,
        request_id: str,
        values: VariableValues,
        principal: Principal,
    ) -> None:
        """Note what one operation came to; a number that is exceeded has a line in the log."""
        record = self._observations.record(operation.label, operation.kind, operation.budget)
        record.pending.append(observed[1:])
        self._compare(operation, observed, record, request_id, values, principal)

    def _compare(
        self,
        operation: Operation,
        observed: Observed,
        record: OperationRecord,
        request_id: str,
        values: VariableValues,
        principal: Principal,
    ) -> None:
        """Compare an answer with what is agreed of it."""
        budget = operation.budget
        agreed = budget if operation.variants is None else operation.variants.of(values, principal)
        over = self._observations.over(observed, agreed, record)
        if over:
            variant = {}
            # The variables of what is not trusted may have any names.
            if operation.choices is not None and observed.operation != UNTRUSTED:
                variant["variant"] = variant_in_words(operation.choices, values, principal)
            self._tell(over, observed.operation, request_id, variant)

    def _tell(
        self,
        over: list[tuple[str, float, int]],
        name: str,
        request_id: str,
        variant: dict[str, str],
    ) -> None:
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
