"""How many messages a person may send, given their subscription and the day's usage."""

from datetime import datetime

from db.states import SubscriptionStatus
from services.billing.records import Subscription
from services.clock import next_midnight
from services.quota.records import Quota, QuotaState

SERVED = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE})
"""A renewal that failed is served during its grace."""


def quota_of(subscription: Subscription, used: int, now: datetime) -> Quota:
    """The quota at `now` of a person with `subscription` who has used `used` units today."""
    limit = daily_limit(subscription)
    remaining = max(0, limit - used)
    if subscription.status not in SERVED:
        state = QuotaState.NO_ACTIVE_SUBSCRIPTION
    else:
        state = QuotaState.AVAILABLE if remaining else QuotaState.EXHAUSTED
    return Quota(
        state=state,
        limit=limit,
        used=used,
        remaining=remaining,
        resets_at=next_midnight(now),
    )


def daily_limit(subscription: Subscription) -> int:
    """The units of a UTC day: none without an active subscription."""
    if subscription.status not in SERVED or subscription.plan is None:
        return 0
    return subscription.plan.daily_message_limit
