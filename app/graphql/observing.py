"""Each operation held to its budget while the server runs: counted, and told where it is over."""

import structlog

from gql.execution.prepare import Operation
from metrics.observations import Observations, Observed

_EXPECTED = "p95_ms"
"""Of twenty answers one may take longer; only how many do says something."""
_log = structlog.get_logger("guidance.budgets")


class Observing:
    """Notes what operations took; costs a look into a dictionary and a few comparisons."""

    def __init__(self, observations: Observations) -> None:
        self._observations = observations

    def note(self, operation: Operation, observed: Observed, request_id: str) -> None:
        """Note what one operation came to; a number that is exceeded has a line in the log."""
        over = self._observations.operation(observed, operation.budget, operation.kind)
        if over:
            self._tell(over, observed.operation, request_id)

    def _tell(self, over: list[tuple[str, float, int]], name: str, request_id: str) -> None:
        exceeded = {
            number: f"{taken:g} of {agreed}"
            for number, taken, agreed in over
            if number != _EXPECTED
        }
        if exceeded:
            _log.warning("over budget", request_id=request_id, operation=name, **exceeded)
