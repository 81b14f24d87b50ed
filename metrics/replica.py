"""The replica that reads may go to: whether it is there, and how far behind."""

from prometheus_client import Gauge

AWAY = Gauge(
    "guidance_database_replica_away",
    "Processes whose reads go to the primary because the replica cannot be reached.",
    multiprocess_mode="livesum",
)
BEHIND_SECONDS = Gauge(
    "guidance_database_replica_behind_seconds",
    "How old what the replica shows is at most; 0 while it has everything that was committed.",
    multiprocess_mode="livemax",
)


def replica_away() -> None:
    """Note that it cannot be reached."""
    AWAY.set(1)


def replica_behind(seconds: float) -> None:
    """Note that it is there, and how old what it shows is."""
    AWAY.set(0)
    BEHIND_SECONDS.set(seconds)
