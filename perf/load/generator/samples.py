"""One request of a run, as the generator saw it."""

from dataclasses import dataclass

from perf.load.generator.outcomes import Outcome

PROBE = "availability probe"
"""The operation name of requests to /readyz."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request; times are seconds since the run started."""

    operation: str
    stage: str
    due: float
    sent: float
    ended: float
    outcome: Outcome

    @property
    def latency(self) -> float:
        """Seconds since the request was due, so that a stalled server cannot hide waiting."""
        return self.ended - self.due

    @property
    def lateness(self) -> float:
        """Seconds by which the generator sent it late."""
        return self.sent - self.due
