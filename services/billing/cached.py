"""The format of a subscription in the cache."""

from cache.serializer import CacheSerializer
from services.billing.records import Subscription

SUBSCRIPTION_SERIALIZER = CacheSerializer(2, Subscription)
