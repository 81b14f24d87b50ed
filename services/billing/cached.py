"""Subscriptions in the cache: their format, and until when they are true."""

from cache.serializer import CacheSerializer
from db.states import SubscriptionStatus
from services.billing.records import Subscription
from services.clock import Clock

SUBSCRIPTION_SERIALIZER = CacheSerializer(3, Subscription)


def is_current(clock: Clock, subscription: Subscription) -> bool:
    """Whether neither the period nor the grace of a cached subscription has ended since."""
    if subscription.status is SubscriptionStatus.ACTIVE:
        end = subscription.current_period_end
    elif subscription.status is SubscriptionStatus.PAST_DUE:
        end = subscription.grace_ends_at
    else:
        return True
    return end is None or clock() < end
