"""Budgets over time: who is held back, and whether they are shared."""

from prometheus_client import Counter

THROTTLED = Counter(
    "guidance_throttled",
    "Operations refused because the caller had used up its share, by kind of caller.",
    ("caller",),
)
KEPT_IN_MEMORY = Counter(
    "guidance_budgets_kept_in_memory",
    "Decisions about budgets that were made in memory because Redis was away.",
)


def throttled(caller: str) -> None:
    """Note that an operation was refused: `caller` is `key`, `person` or `address`."""
    THROTTLED.labels(caller).inc()


def budgets_kept_in_memory() -> None:
    """Note that Redis could not be asked."""
    KEPT_IN_MEMORY.inc()
