"""What a period costs whose plan changes: exact sums, to the microsecond, rounded once.

The cost of a period is the sum of what each of its parts costs, as a fraction of a cent, rounded to
the nearest cent. What a change costs is the difference between the whole period with it and
without it. So whatever the sequence of changes, what was charged is the cost of the period as it
was, and never differs by more than the one rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor

from services.billing.rules.periods import Period

_MICROSECOND = timedelta(microseconds=1)
_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Segment:
    """A plan's price for a whole period, from an instant until the next segment.

    `carried_cents` were owed in this period when it began, and are not charged yet.
    """

    since: datetime
    price_cents: int
    carried_cents: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change charges now: the new plan for what is left, less the old one for it."""

    charge_cents: int
    credit_cents: int
    """Zero or less."""

    @property
    def due_cents(self) -> int:
        """What is charged in all."""
        return self.charge_cents + self.credit_cents


def cost_cents(period: Period, segments: Sequence[Segment]) -> int:
    """What a period costs whose first segment begins with it; halves are rounded up."""
    return _rounded(_exact_cost(period, segments))


def difference(
    period: Period, segments: Sequence[Segment], price_cents: int, at: datetime
) -> Difference:
    """What it costs to move to `price_cents` at an instant; not earlier than the last segment."""
    since = min(max(at, segments[-1].since), period.end)
    changed = (*segments, Segment(since, price_cents))
    due = cost_cents(period, changed) - cost_cents(period, segments)
    credit = -unused_cents(period, segments[-1].price_cents, since)
    return Difference(charge_cents=due - credit, credit_cents=credit)


def unused_cents(period: Period, price_cents: int, since: datetime) -> int:
    """What is left of a plan's price for the rest of a period; halves are rounded up."""
    left = Fraction((period.end - since) // _MICROSECOND, _length(period))
    return _rounded(price_cents * left)


def charged_at_once(owed_cents: int, least_cents: int) -> int:
    """What is charged of what is owed: all, or nothing while it is less than can be charged."""
    return owed_cents if owed_cents >= least_cents else 0


def charged_at_renewal(price_cents: int, carried_cents: int, least_cents: int) -> int:
    """What a period costs with what the one before has carried.

    That is waived where the sum is still less than can be charged, as after a change to a plan
    that costs nothing.
    """
    owed_cents = price_cents + carried_cents
    return owed_cents if owed_cents >= least_cents else price_cents


def _exact_cost(period: Period, segments: Sequence[Segment]) -> Fraction:
    ends = (*(segment.since for segment in segments[1:]), period.end)
    weighted = sum(
        segment.price_cents * ((end - segment.since) // _MICROSECOND)
        for segment, end in zip(segments, ends, strict=True)
    )
    return Fraction(weighted, _length(period))


def _length(period: Period) -> int:
    return (period.end - period.start) // _MICROSECOND


def _rounded(amount: Fraction) -> int:
    return floor(amount + _HALF)
