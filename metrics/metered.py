"""Metered replies: how they end."""

from prometheus_client import Counter

ENDED = Counter(
    "guidance_metered_replies_ended",
    "Metered replies that ended, by how.",
    ("outcome",),
)
ABANDONED = Counter(
    "guidance_metered_replies_abandoned",
    "Metered replies that were ended, and given back, because their writer was gone.",
)


def metered_reply_ended(outcome: str) -> None:
    """Note that a reply has ended: `complete`, or the reason of its failure."""
    ENDED.labels(outcome).inc()


def metered_reply_abandoned() -> None:
    """Note that a reply was ended without its writer."""
    ABANDONED.inc()
