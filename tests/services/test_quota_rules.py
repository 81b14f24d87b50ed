"""What a subscription and the day's use leave to send."""

from datetime import UTC, datetime

import pytest

from db.states import SubscriptionStatus
from services.billing.records import NO_SUBSCRIPTION, Plan, Subscription
from services.quota.records import Quota, QuotaState
from services.quota.rules import quota_of

PLAN = Plan("five", "Five", 500, "EUR", 5)
NOW = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
MIDNIGHT = datetime(2027, 1, 1, tzinfo=UTC)
ACTIVE = Subscription(SubscriptionStatus.ACTIVE, PLAN)
NONE = QuotaState.NO_ACTIVE_SUBSCRIPTION


@pytest.mark.parametrize(
    ("subscription", "used", "state", "limit", "remaining"),
    [
        (ACTIVE, 0, QuotaState.AVAILABLE, 5, 5),
        (ACTIVE, 4, QuotaState.AVAILABLE, 5, 1),
        (ACTIVE, 5, QuotaState.EXHAUSTED, 5, 0),
        (ACTIVE, 9, QuotaState.EXHAUSTED, 5, 0),
        (Subscription(SubscriptionStatus.PAST_DUE, PLAN), 4, QuotaState.AVAILABLE, 5, 1),
        (NO_SUBSCRIPTION, 3, NONE, 0, 0),
        *(
            (Subscription(status, PLAN), 0, NONE, 0, 0)
            for status in SubscriptionStatus
            if status not in {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}
        ),
    ],
)
def test_what_is_left(
    subscription: Subscription, used: int, state: QuotaState, limit: int, remaining: int
) -> None:
    expected = Quota(state, limit, used, remaining, MIDNIGHT)
    assert quota_of(subscription, used, NOW) == expected
