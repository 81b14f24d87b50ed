"""Webhook events of the payment provider, by outcome."""

from prometheus_client import Counter

EVENTS = Counter(
    "guidance_webhook_events",
    "Events that were posted to /webhooks/payments, by what became of them: taken, refused (not"
    " signed as agreed, too large, no event), or failed (the provider will send it again).",
    ("outcome",),
)


def webhook_taken() -> None:
    """Count an event that was accepted, or that may be ignored."""
    EVENTS.labels("taken").inc()


def webhook_refused() -> None:
    """Count a request that was no valid event."""
    EVENTS.labels("refused").inc()


def webhook_failed() -> None:
    """Count an event that could not be stored."""
    EVENTS.labels("failed").inc()
