"""Replies: how many are being written, and how they end."""

from prometheus_client import Counter, Gauge

RUNNING = Gauge(
    "guidance_replies_running",
    "Replies that are being written.",
    multiprocess_mode="livesum",
)
ENDED = Counter("guidance_replies_ended", "Replies that ended, by how.", ("status",))
ABANDONED = Counter(
    "guidance_replies_abandoned", "Replies that were ended because their writer was gone."
)


def reply_begun() -> None:
    """Note that a reply is being written."""
    RUNNING.inc()


def reply_ended(status: str) -> None:
    """Note that a reply has ended with `status`."""
    RUNNING.dec()
    ENDED.labels(status).inc()


def reply_abandoned() -> None:
    """Note that a reply was ended without its writer."""
    ABANDONED.inc()
