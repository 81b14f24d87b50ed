"""Budgets over time: who is held back."""

from prometheus_client import Counter

THROTTLED = Counter(
    "guidance_throttled",
    "Operations refused because the caller had used up its share, by kind of caller.",
    ("caller",),
)


def throttled(caller: str) -> None:
    """Note that an operation was refused: `caller` is `key`, `person` or `address`."""
    THROTTLED.labels(caller).inc()
