"""Whether the replica of a process may be read."""

from dataclasses import dataclass

DEFAULT_WAIT_SECONDS = 0.005
DEFAULT_MAX_LAG_SECONDS = 30.0


@dataclass(slots=True)
class ReplicaStatus:
    """The limits of reads from the replica, and its measured lag.

    A read waits at most `wait_seconds` for the replica to replay what its caller has written. A
    replica with a lag of more than `max_lag_seconds` is not read. `is_pooled` means that a pooler
    may send each statement to another server.
    """

    wait_seconds: float = DEFAULT_WAIT_SECONDS
    max_lag_seconds: float = DEFAULT_MAX_LAG_SECONDS
    is_pooled: bool = False
    lag_seconds: float = 0.0

    @property
    def lags(self) -> bool:
        """Whether the replica is too far behind to be read."""
        return self.lag_seconds > self.max_lag_seconds
