"""How a subscription is written down where it is cached."""

from cache.shape import Shape
from services.billing.records import Subscription

SUBSCRIPTION_SHAPE = Shape(1, Subscription)
