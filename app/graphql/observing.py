"""Each operation held to its budget while the server runs: counted, and told where it is over."""

import structlog
from graphql.execution.values import VariableValues

from gql.execution.prepare import UNTRUSTED, Operation
from gql.operations.asked_variants import variant_in_words
from metrics.observations import Observations, Observed
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

    def note(
        self,
        operation: Operation,
        observed: Observed,
        request_id: str,
        values: VariableValues,
        principal: Principal,
    ) -> None:
        """Note what one operation came to; a number that is exceeded has a line in the log."""
        budget, kind = operation.budget, operation.kind
        agreed = budget if operation.variants is None else operation.variants.of(values, principal)
        over = self._observations.operation(observed, agreed, kind, budget)
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
