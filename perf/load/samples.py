"""One request of a run, as the generator saw it."""

from dataclasses import dataclass

from perf.load.outcomes import Outcome

PROBE = "availability probe"
"""The name of the requests that only ask whether the server is there."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Times in seconds from the beginning of the run."""

    operation: str
    stage: str
    due: float
    sent: float
    ended: float
    outcome: Outcome

    @property
    def latency(self) -> float:
        """From when it was to be sent: what waited for a stalled server has waited."""
        return self.ended - self.due

    @property
    def lateness(self) -> float:
        """How much later than planned it was sent; the generator's own fault."""
        return self.sent - self.due
