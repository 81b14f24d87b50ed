"""The arithmetic of a bucket."""

from math import ceil

from services.throttling.records import Policy, Spending


def refilled(units: float, seconds: float, policy: Policy) -> float:
    """What a bucket with `units` holds `seconds` later."""
    if seconds > 0:
        units += seconds * policy.restore_rate
    return units if units < policy.capacity else policy.capacity  # noqa: FURB136 - it is quicker


def spending(units: float, cost: int, policy: Policy) -> Spending:
    """What becomes of spending `cost` out of a bucket with `units`."""
    if cost <= units:
        return Spending(int(units - cost))
    missing_seconds = (cost - units) / policy.restore_rate
    return Spending(int(units), max(1, ceil(missing_seconds)))
