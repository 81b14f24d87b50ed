"""What moving a subscription to another plan does: at once for more, later for less."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from clients.payments.minimum import least_charge_cents
from db.states import SubscriptionStatus
from services.billing.records import Plan, StoredSubscription
from services.billing.rules.lifecycle import period_of
from services.billing.rules.payments import (
    AlreadyOnPlan,
    AmountChanged,
    InvalidPlan,
    NoActiveSubscription,
)
from services.billing.rules.periods import Period
from services.billing.rules.proration import (
    Difference,
    Segment,
    charged_at_once,
    difference,
)
from services.mutations.refusals import Conflict

_NOTHING = Difference(charge_cents=0, credit_cents=0)


class PlanChangeKind(Enum):
    """When a change takes effect."""

    AT_ONCE = "at_once"
    AT_PERIOD_END = "at_period_end"
    KEEP = "keep"
    """A change that was planned is dropped: the subscription stays on its plan."""


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A change of plan, with what it costs; `period` is the one under way.

    Of `before_cents`, which the period owes already, and the difference, what can be charged is
    `due_cents`; the rest is carried to what is charged next.
    """

    kind: PlanChangeKind
    previous: Plan
    wanted: Plan
    effective_at: datetime
    difference: Difference
    period: Period
    from_price_cents: int
    to_price_cents: int
    before_cents: int = 0

    @property
    def due_cents(self) -> int:
        """What is charged now."""
        if self.kind is not PlanChangeKind.AT_ONCE:
            return 0
        owed_cents = self.before_cents + self.difference.due_cents
        return charged_at_once(owed_cents, least_charge_cents(self.wanted.currency))

    @property
    def carried_cents(self) -> int:
        """What is owed then and not charged, as it is too little."""
        return self.before_cents + self.difference.due_cents - self.due_cents


def plan_change(
    subscription: StoredSubscription | None,
    wanted: Plan,
    segments: Sequence[Segment],
    now: datetime,
) -> PlanChange:
    """What moving to `wanted` does at `now`; `segments` are those of the current period.

    Raises `NoActiveSubscription`, `AlreadyOnPlan`, `InvalidPlan` for a plan in another currency,
    and `Conflict` where a subscription that is cancelled is to cost less.
    """
    current, period = _active(subscription)
    if current.plan.currency != wanted.currency:
        raise InvalidPlan("This plan is paid in another currency.", field="planCode")
    price_cents = segments[-1].price_cents
    state, now = current.state, max(now, segments[-1].since)
    if current.plan.code == wanted.code:
        if state.next_plan_code is None:
            raise AlreadyOnPlan("The subscription is for this plan already.", field="planCode")
        kind, effective_at, due, to_price_cents = PlanChangeKind.KEEP, now, _NOTHING, price_cents
    elif wanted.monthly_price_cents >= _price(current):
        kind, effective_at = PlanChangeKind.AT_ONCE, now
        to_price_cents = 0 if _is_in_trial(current) else wanted.monthly_price_cents
        due = difference(period, segments, to_price_cents, now)
    elif state.cancel_at_period_end:
        raise Conflict("The subscription ends with its period: resume it before it can cost less.")
    elif state.next_plan_code == wanted.code:
        raise AlreadyOnPlan("This plan follows already.", field="planCode")
    else:
        kind, effective_at, due = PlanChangeKind.AT_PERIOD_END, period.end, _NOTHING
        to_price_cents = wanted.monthly_price_cents
    return PlanChange(
        kind,
        current.plan,
        wanted,
        effective_at,
        due,
        period,
        price_cents,
        to_price_cents,
        segments[-1].carried_cents,
    )


def check_amount(change: PlanChange, expected_cents: int | None) -> None:
    """Raise `AmountChanged` unless the change charges what was expected, if anything was."""
    if expected_cents is not None and change.due_cents != expected_cents:
        raise AmountChanged(
            f"The change costs {change.due_cents} cents now.",
            field="expectedAmountDueCents",
        )


def first_price_cents(subscription: StoredSubscription) -> int:
    """The price of the plan in the current period, before any change that is recorded."""
    price_cents = subscription.state.period_price_cents
    return subscription.plan.monthly_price_cents if price_cents is None else price_cents


def _active(subscription: StoredSubscription | None) -> tuple[StoredSubscription, Period]:
    if subscription is not None and subscription.state.status is SubscriptionStatus.ACTIVE:
        period = period_of(subscription.state)
        if period is not None:
            return subscription, period
    raise NoActiveSubscription("Only an active subscription, paid to date, can change its plan.")


def _price(subscription: StoredSubscription) -> int:
    """What the plan costs: on sale during a trial, in which nothing is charged."""
    if _is_in_trial(subscription):
        return subscription.plan.monthly_price_cents
    return first_price_cents(subscription)


def _is_in_trial(subscription: StoredSubscription) -> bool:
    state = subscription.state
    return state.trial_ends_at is not None and state.trial_ends_at == state.period_end
