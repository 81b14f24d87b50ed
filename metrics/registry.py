"""Reports of usage to a schema registry."""

from prometheus_client import Counter

USAGES = Counter(
    "guidance_registry_usages",
    "Operations that a schema registry was told of (sent), or was not as it was away for too long"
    " or refused them (dropped).",
    ("outcome",),
)
FAILURES = Counter(
    "guidance_registry_failures", "Reports of usage that a schema registry did not take."
)


def usages_sent(number: int) -> None:
    """Count operations that were told."""
    USAGES.labels("sent").inc(number)


def usages_dropped(number: int) -> None:
    """Count operations that are not told."""
    USAGES.labels("dropped").inc(number)


def report_failed() -> None:
    """Count a report that was not taken."""
    FAILURES.inc()
