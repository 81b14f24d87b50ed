"""What was refused because there was more to do than could be done."""

from prometheus_client import Counter, Histogram

REFUSED = Counter(
    "guidance_overload_refused",
    "Requests, and operations of WebSockets, refused because others had waited too long already.",
)
DELAY_SECONDS = Histogram(
    "guidance_overload_delay_seconds",
    "How long each that was refused would have waited to be begun, or had.",
    buckets=(0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 2.5, 5.0, 10.0),
)
WAIT_SECONDS = Histogram(
    "guidance_admission_wait_seconds",
    "How long requests, and operations of WebSockets, waited to be begun, of those that had to.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.7, 1.0, 2.5, 5.0),
)


def refused_for_overload(delay_seconds: float) -> None:
    """Note a refusal, and how long what is refused has waited or would have."""
    REFUSED.inc()
    DELAY_SECONDS.observe(delay_seconds)


def waited_to_begin(seconds: float) -> None:
    """Note how long what is begun now has waited."""
    WAIT_SECONDS.observe(seconds)
