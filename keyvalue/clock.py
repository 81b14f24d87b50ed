"""The clock of the Redis server, as far as a process can know it."""

from collections.abc import Callable, Sequence
from time import monotonic

_MICROSECONDS = 1_000_000
_AHEAD_SECONDS = 1.0
"""How far an instant may be ahead of the estimate: clocks drift apart, and answers take time."""


class ServerClock:
    """Read whenever a connection is opened, and estimated in between.

    When a connection is opened, the server may be another one, restarted from an old snapshot, or
    back from an outage: what it stamped before is not trusted, nor is an instant yet to come.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._trusted_after: int | None = None
        self._seen = 0
        self._seen_at = 0.0

    def connected(self, answer: Sequence[bytes | int]) -> None:
        """Take the server's answer to TIME, and trust nothing that was stamped before it."""
        seconds, microseconds = answer
        self._trusted_after = int(seconds) * _MICROSECONDS + int(microseconds)
        self.saw(self._trusted_after)

    def saw(self, microseconds: int) -> None:
        """Correct the estimate by an instant that the server has just stamped."""
        self._seen, self._seen_at = microseconds, self._clock()

    def age_seconds(self, microseconds: int) -> float:
        """How long ago the server stamped this, by and large; negative for what is to come."""
        return self._clock() - self._seen_at - (microseconds - self._seen) / _MICROSECONDS

    def trusts(self, microseconds: int) -> bool:
        """Whether an instant is after the newest connection was opened, and not to come."""
        return (
            self._trusted_after is not None
            and microseconds > self._trusted_after
            and self.age_seconds(microseconds) > -_AHEAD_SECONDS
        )
