"""The arithmetic of token buckets."""

from math import ceil

from services.throttling.records import BucketPolicy, SpendResult


def refilled(units: float, seconds: float, policy: BucketPolicy) -> float:
    """The units of a bucket after `seconds` of refilling."""
    if seconds > 0:
        units += seconds * policy.restore_rate
    return units if units < policy.capacity else policy.capacity  # noqa: FURB136 - quicker than min()


def spend_result(units: float, cost: int, policy: BucketPolicy) -> SpendResult:
    """The result of spending `cost` from a bucket with `units`."""
    if cost <= units:
        return SpendResult(int(units - cost))
    missing_seconds = (cost - units) / policy.restore_rate
    return SpendResult(int(units), max(1, ceil(missing_seconds)))
