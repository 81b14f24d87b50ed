"""How a subscription is written down where it is cached."""

from datetime import datetime
from typing import Any

from cache.shape import Shape
from services.billing.records import Plan, Subscription, SubscriptionStatus


# Any: JSON.
def _subscription(value: dict[str, Any]) -> Subscription:
    plan = value["plan"]
    return Subscription(
        status=SubscriptionStatus(value["status"]),
        plan=None if plan is None else Plan(**plan),
        failure_reason=value["failure_reason"],
        started_at=_instant(value["started_at"]),
        updated_at=_instant(value["updated_at"]),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


SUBSCRIPTION_SHAPE = Shape(1, _subscription)
