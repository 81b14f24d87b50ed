"""What a budget is, and what became of a wish to spend."""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Policy:
    """A bucket of `capacity` units, filled by `restore_rate` units a second."""

    capacity: int
    restore_rate: int

    @property
    def window_seconds(self) -> int:
        """How long an empty bucket takes to fill."""
        return ceil(self.capacity / self.restore_rate)


@dataclass(frozen=True, slots=True)
class CostLimits:
    """The most that one operation may cost, and the budgets over time of each kind of caller.

    `of_address` is shared by who asks from one address without a credential; None is no bound.
    """

    maximum: int
    of_key: Policy
    of_person: Policy
    of_address: Policy | None = None


class Level(NamedTuple):
    """What is left of a budget at the moment."""

    policy: Policy
    available: int

    @property
    def full_after_seconds(self) -> int:
        """How long it takes to fill from here."""
        return -((self.available - self.policy.capacity) // self.policy.restore_rate)


class Spending(NamedTuple):
    """Whether units were spent, and how many are left.

    Where not, `retry_after_seconds` are the whole seconds, one at least, after which they can be.
    """

    available: int
    retry_after_seconds: int | None = None

    @property
    def is_granted(self) -> bool:
        """Whether the units were spent."""
        return self.retry_after_seconds is None
