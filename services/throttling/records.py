"""Token buckets: their policies, their levels, and the results of spending from them."""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class BucketPolicy:
    """A bucket of `capacity` units that refills by `restore_rate` units per second."""

    capacity: int
    restore_rate: int

    @property
    def window_seconds(self) -> int:
        """How long an empty bucket takes to fill."""
        return ceil(self.capacity / self.restore_rate)


@dataclass(frozen=True, slots=True)
class CostLimits:
    """The most that one operation may cost, and the bucket of each kind of caller.

    Anonymous callers at one address share a bucket of `address_policy`, those of one router one of
    `router_policy`; None means no limit.
    """

    maximum: int
    key_policy: BucketPolicy
    person_policy: BucketPolicy
    address_policy: BucketPolicy | None = None
    router_policy: BucketPolicy | None = None


class BucketLevel(NamedTuple):
    """The units that a bucket holds now."""

    policy: BucketPolicy
    available: int

    @property
    def full_after_seconds(self) -> int:
        """How long the bucket takes to fill from this level."""
        return -((self.available - self.policy.capacity) // self.policy.restore_rate)


class SpendResult(NamedTuple):
    """Whether units were spent, and how many are left.

    If not, they can be spent after `retry_after_seconds`, in whole seconds and at least 1.
    """

    available: int
    retry_after_seconds: int | None = None

    @property
    def is_granted(self) -> bool:
        """Whether the units were spent."""
        return self.retry_after_seconds is None
