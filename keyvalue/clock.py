"""An estimate of the Redis server's clock."""

from collections.abc import Callable, Sequence
from time import monotonic

_MICROSECONDS = 1_000_000
_AHEAD_SECONDS = 1.0
"""How far a timestamp may be ahead of the estimate: clocks drift, and answers take time."""


class ServerClock:
    """Read from the server whenever a connection is opened, and estimated in between.

    When a connection is opened, the server may be a different one, restored from an old snapshot,
    or back from an outage. So earlier timestamps are not trusted, nor are those in the future.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self.trusted_after: int | None = None
        """When it was set; then the server may have become another, or have lost its data."""
        self._observed = 0
        self._observed_at = 0.0

    def reset(self, answer: Sequence[bytes | int]) -> None:
        """Set the clock from the server's answer to TIME, and trust no earlier timestamp."""
        seconds, microseconds = answer
        self.trusted_after = int(seconds) * _MICROSECONDS + int(microseconds)
        self.observe(self.trusted_after)

    def observe(self, microseconds: int) -> None:
        """Correct the estimate by a timestamp that the server has just made."""
        self._observed, self._observed_at = microseconds, self._clock()

    def age_seconds(self, microseconds: int) -> float:
        """The approximate age of a timestamp of the server; negative if it is in the future."""
        return self._clock() - self._observed_at - (microseconds - self._observed) / _MICROSECONDS

    def is_trusted(self, microseconds: int) -> bool:
        """Whether a timestamp is after the newest connection was opened, and not in the future."""
        return (
            self.trusted_after is not None
            and microseconds > self.trusted_after
            and self.age_seconds(microseconds) > -_AHEAD_SECONDS
        )
