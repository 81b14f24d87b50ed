"""How a subscription changes state: every change is a function from one state to the next."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from db.states import SubscriptionStatus
from services.billing.records import SubscriptionState
from services.billing.rules.dunning import is_repeated_at_end, next_attempt
from services.billing.rules.periods import Period, period_containing, period_from

_PAID = {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}


class DueStep(Enum):
    """What the worker does with a subscription."""

    NOTHING = "nothing"
    ADOPT = "adopt"
    """Store the period of a subscription from before there were periods."""
    CHARGE = "charge"
    END = "end"


def period_of(state: SubscriptionState) -> Period | None:
    """The current period; None where nothing was ever paid."""
    if state.period_start is None or state.period_end is None:
        return None
    return Period(state.period_start, state.period_end)


def as_of(state: SubscriptionState, now: datetime) -> SubscriptionState:
    """The state that holds at `now`, whether or not the worker has stored it yet.

    A subscription without a period has the month under way, counted from when it began. One that
    was cancelled has ended with its period, and one that is past due with its grace.
    """
    if state.status not in _PAID:
        return state
    if state.period_end is None:
        state = adopted(state, now)
    if state.status is SubscriptionStatus.PAST_DUE:
        return ended(state) if _has_come(state.grace_ends_at, now) else state
    is_over = state.cancel_at_period_end and _has_come(state.period_end, now)
    return ended(state) if is_over else state


def with_period(state: SubscriptionState, now: datetime) -> SubscriptionState:
    """The state, with a period if it is paid and has none, as from before there were any."""
    return adopted(state, now) if state.status in _PAID and state.period_end is None else state


def valid_until(state: SubscriptionState) -> datetime | None:
    """The instant at which the state may change by itself; None if it never does."""
    if state.status is SubscriptionStatus.PAST_DUE:
        return state.grace_ends_at
    return state.period_end if state.status is SubscriptionStatus.ACTIVE else None


def due_step(state: SubscriptionState, now: datetime) -> DueStep:
    """What is to be done with a subscription at `now`, while none of its payments is open."""
    if state.status not in _PAID:
        return DueStep.NOTHING
    if state.period_end is None:
        return DueStep.ADOPT
    if not _has_come(state.due_at, now):
        return DueStep.NOTHING
    if state.status is SubscriptionStatus.ACTIVE:
        return DueStep.END if state.cancel_at_period_end else DueStep.CHARGE
    return _past_due_step(state, now)


def next_period(state: SubscriptionState) -> Period:
    """The period that a renewal pays for; the subscription has had one."""
    if state.period_end is None:
        raise RuntimeError("a subscription without a period is not renewed")
    return period_from(state.anchor_at or state.period_end, state.period_end)


def started(plan_code: str) -> SubscriptionState:
    """A subscription whose first payment is under way."""
    return SubscriptionState(SubscriptionStatus.PENDING, plan_code)


def payment_started(state: SubscriptionState, plan_code: str) -> SubscriptionState:
    """A subscription that is not paid, while a plan is being paid."""
    return SubscriptionState(
        SubscriptionStatus.PENDING,
        plan_code,
        started_at=state.started_at,
        trial_ends_at=state.trial_ends_at,
    )


def activated(
    state: SubscriptionState, plan_code: str, price_cents: int, now: datetime
) -> SubscriptionState:
    """Paid for a month that begins now."""
    period = period_from(now, now)
    return SubscriptionState(
        SubscriptionStatus.ACTIVE,
        plan_code,
        started_at=state.started_at or now,
        trial_ends_at=state.trial_ends_at,
        anchor_at=now,
        period_start=period.start,
        period_end=period.end,
        period_price_cents=price_cents,
        due_at=period.end,
    )


def trial_started(
    state: SubscriptionState, plan_code: str, start: datetime, end: datetime
) -> SubscriptionState:
    """On trial; the first month begins, and is charged, when the trial ends."""
    return SubscriptionState(
        SubscriptionStatus.ACTIVE,
        plan_code,
        started_at=state.started_at or start,
        trial_ends_at=end,
        anchor_at=end,
        period_start=start,
        period_end=end,
        period_price_cents=0,
        due_at=end,
    )


def renewed(state: SubscriptionState, plan_code: str, price_cents: int) -> SubscriptionState:
    """Paid for the next period."""
    period = next_period(state)
    return replace(
        state,
        status=SubscriptionStatus.ACTIVE,
        plan_code=plan_code,
        failure_reason=None,
        period_start=period.start,
        period_end=period.end,
        period_price_cents=price_cents,
        next_plan_code=None,
        past_due_since=None,
        grace_ends_at=None,
        due_at=period.end,
    )


def renewal_failed(
    state: SubscriptionState, reason: str, now: datetime, grace: timedelta
) -> SubscriptionState:
    """Past due, with a grace from the first failure on; ended if that is over."""
    since = state.past_due_since or now
    grace_ends_at = state.grace_ends_at or since + grace
    if grace_ends_at <= now:
        return replace(ended(state), failure_reason=reason)
    return replace(
        state,
        status=SubscriptionStatus.PAST_DUE,
        failure_reason=reason,
        past_due_since=since,
        grace_ends_at=grace_ends_at,
        due_at=next_attempt(since, grace_ends_at, now),
    )


def failed(state: SubscriptionState, reason: str) -> SubscriptionState:
    """The payment that would have started it has failed."""
    return replace(state, status=SubscriptionStatus.FAILED, failure_reason=reason, due_at=None)


def ended(state: SubscriptionState) -> SubscriptionState:
    """No longer served, and charged no more."""
    return replace(
        state,
        status=SubscriptionStatus.INACTIVE,
        cancel_at_period_end=False,
        next_plan_code=None,
        past_due_since=None,
        grace_ends_at=None,
        due_at=None,
    )


def plan_changed(state: SubscriptionState, plan_code: str, price_cents: int) -> SubscriptionState:
    """On another plan at once; a change that was planned is dropped."""
    return replace(state, plan_code=plan_code, period_price_cents=price_cents, next_plan_code=None)


def plan_scheduled(state: SubscriptionState, plan_code: str | None) -> SubscriptionState:
    """On another plan from the next period on; None drops what was planned."""
    return replace(state, next_plan_code=plan_code)


def cancellation_scheduled(state: SubscriptionState, *, is_cancelled: bool) -> SubscriptionState:
    """Ending with its period, or going on after all."""
    return replace(state, cancel_at_period_end=is_cancelled)


def adopted(state: SubscriptionState, now: datetime) -> SubscriptionState:
    """With the month under way as its period, counted from when it began."""
    anchor = state.started_at or now
    period = period_containing(anchor, now)
    return replace(
        state,
        anchor_at=anchor,
        period_start=period.start,
        period_end=period.end,
        due_at=period.end,
    )


def _past_due_step(state: SubscriptionState, now: datetime) -> DueStep:
    since, end = state.past_due_since, state.grace_ends_at
    if since is None or end is None:
        return DueStep.END
    is_charged = now < end or is_repeated_at_end(since, end, now)
    return DueStep.CHARGE if is_charged else DueStep.END


def _has_come(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
