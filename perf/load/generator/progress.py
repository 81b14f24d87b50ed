"""A progress line on the terminal that is rewritten during a run."""

import sys
from collections import Counter
from collections.abc import Callable
from time import monotonic

from perf.load.generator.outcomes import OutcomeKind
from perf.load.generator.samples import PROBE, Sample
from perf.load.workload.profiles import Profile

_EVERY_SECONDS = 0.2
_WIDTH, _BAR = 78, 20


class Progress:
    """Counts samples as they come; `running` gives the requests in flight."""

    def __init__(
        self,
        profile: Profile,
        planned: int,
        running: Callable[[], int],
        *,
        is_shown: bool | None = None,
    ) -> None:
        self._profile = profile
        self._planned = planned
        self._running = running
        self._is_shown = sys.stderr.isatty() if is_shown is None else is_shown
        self._ended = 0
        self._counts: Counter[OutcomeKind] = Counter()
        self._shown_at = 0.0

    def note(self, sample: Sample) -> None:
        """Count a sample, and refresh the line if it is due."""
        self._ended += 1
        if sample.operation != PROBE:
            self._counts[sample.outcome.kind] += 1
        if self._is_shown and monotonic() - self._shown_at > _EVERY_SECONDS:
            self._shown_at = monotonic()
            self._write(self.line(sample))

    def end(self) -> None:
        """Clear the line."""
        if self._is_shown:
            self._write("")
            sys.stderr.write("\r")

    def line(self, sample: Sample) -> str:
        """The text of the line after a sample."""
        done = round(_BAR * self._ended / self._planned)
        answered, errors = self._counts[OutcomeKind.OK], self._counts[OutcomeKind.ERROR]
        return (
            f"{self._profile.name} [{'#' * done:<{_BAR}}] {sample.stage:<8} "
            f"{sample.ended:4.0f}/{self._profile.seconds:.0f} s, "
            f"{answered} answered, {errors} errors, {self._running()} under way"
        )

    def _write(self, line: str) -> None:
        sys.stderr.write(f"\r{line[:_WIDTH]:<{_WIDTH}}")
        sys.stderr.flush()
