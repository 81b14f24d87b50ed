"""Events of the payment provider: what became of them."""

from prometheus_client import Counter

EVENTS = Counter(
    "guidance_webhook_events",
    "Events that were posted to /webhooks/payments, by what became of them: taken, refused (not"
    " signed as agreed, too large, no event), or failed (the provider will send it again).",
    ("outcome",),
)


def webhook_taken() -> None:
    """Note an event that was taken, or may be passed over."""
    EVENTS.labels("taken").inc()


def webhook_refused() -> None:
    """Note what was no event."""
    EVENTS.labels("refused").inc()


def webhook_failed() -> None:
    """Note an event that could not be stored."""
    EVENTS.labels("failed").inc()
