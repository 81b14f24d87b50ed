"""What the outcome of a payment does to the subscription that it was for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from db.states import PaymentKind, PaymentStatus, SubscriptionStatus
from services.billing.records import Payment, SubscriptionState
from services.billing.rules import lifecycle
from services.billing.rules.payments import AUTHENTICATION_REQUIRED, NOT_CHARGED, OPEN

_SERVED = {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}
_BEGINS = {PaymentKind.CHECKOUT, PaymentKind.TRIAL}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The next state of the subscription, None if it stays as it is.

    A payment that `is_superfluous` has paid for nothing and is given back.
    """

    state: SubscriptionState | None = None
    is_superfluous: bool = False


_NOTHING = Outcome()
_SUPERFLUOUS = Outcome(is_superfluous=True)


def outcome(
    payment: Payment,
    status: PaymentStatus,
    reason: str | None,
    state: SubscriptionState | None,
    *,
    now: datetime,
    grace: timedelta,
) -> Outcome:
    """What becomes of a subscription when its payment, as it was, comes to a new `status`.

    `state` is None where there is no subscription any more that could be paid.
    """
    if payment.kind in {PaymentKind.REFUND, PaymentKind.METHOD}:
        return _NOTHING
    if state is None:
        return _SUPERFLUOUS if status is PaymentStatus.SUCCEEDED else _NOTHING
    if payment.kind in _BEGINS:
        return _of_beginning(payment, status, reason, state, now)
    if payment.kind is PaymentKind.RENEWAL:
        return _of_renewal(payment, status, reason, state, now, grace)
    return _of_proration(payment, status, state)


def _of_beginning(
    payment: Payment,
    status: PaymentStatus,
    reason: str | None,
    state: SubscriptionState,
    now: datetime,
) -> Outcome:
    if status is PaymentStatus.SUCCEEDED:
        if state.status in _SERVED:
            return _SUPERFLUOUS
        return Outcome(_started(payment, state, now))
    if status is PaymentStatus.FAILED and state.status is SubscriptionStatus.PENDING:
        return Outcome(lifecycle.failed(state, reason or NOT_CHARGED))
    return _NOTHING


def _started(payment: Payment, state: SubscriptionState, now: datetime) -> SubscriptionState:
    if payment.kind is PaymentKind.TRIAL and payment.period_start and payment.period_end:
        return lifecycle.trial_started(
            state, payment.plan_code, payment.period_start, payment.period_end
        )
    return lifecycle.activated(state, payment.plan_code, _price(payment), now)


def _of_renewal(
    payment: Payment,
    status: PaymentStatus,
    reason: str | None,
    state: SubscriptionState,
    now: datetime,
    grace: timedelta,
) -> Outcome:
    is_due = state.status in _SERVED and state.period_end == payment.period_start
    if status is PaymentStatus.SUCCEEDED:
        if not is_due:
            return _SUPERFLUOUS
        return Outcome(lifecycle.renewed(state, payment.plan_code, _price(payment)))
    # What never reached the provider is charged again, and what waited for the person is past due.
    if not is_due or reason == NOT_CHARGED:
        return _NOTHING
    return Outcome(lifecycle.renewal_failed(state, reason or AUTHENTICATION_REQUIRED, now, grace))


def _of_proration(payment: Payment, status: PaymentStatus, state: SubscriptionState) -> Outcome:
    if status is not PaymentStatus.SUCCEEDED:
        return _NOTHING
    # While it was open nothing else could change the plan.
    is_due = payment.status in OPEN and state.status is SubscriptionStatus.ACTIVE
    if not is_due or state.period_end != payment.period_end:
        return _SUPERFLUOUS
    return Outcome(lifecycle.plan_changed(state, payment.plan_code, _price(payment)))


def _price(payment: Payment) -> int:
    """What the plan costs for a whole period; a payment from before was for all of one."""
    return payment.amount_cents if payment.plan_price_cents is None else payment.plan_price_cents
