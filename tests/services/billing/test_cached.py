"""A subscription as it is cached: every field comes back, and the JSON is what version 2 means."""

from datetime import UTC, datetime

import orjson
from hypothesis import given
from hypothesis import strategies as st

from db.states import SubscriptionStatus
from services.billing.cached import SUBSCRIPTION_SERIALIZER
from services.billing.records import NO_SUBSCRIPTION, Plan, Subscription

_instants = st.none() | st.datetimes(timezones=st.just(UTC))
_texts = st.text(st.characters(exclude_categories=["Cs"]))
_numbers = st.integers(0, 2**31 - 1)
_models = st.none() | st.lists(_texts).map(tuple)
_plans = st.builds(Plan, _texts, _texts, _numbers, _texts, _numbers, _numbers, _models)
_subscriptions = st.builds(
    Subscription,
    st.sampled_from(SubscriptionStatus),
    st.none() | _plans,
    st.none() | _texts,
    _instants,
    _instants,
    _instants,
    _instants,
    st.booleans(),
    _instants,
    _instants,
    st.none() | _plans,
)


@given(subscription=_subscriptions)
def test_every_subscription_comes_back_as_it_was(subscription: Subscription) -> None:
    assert SUBSCRIPTION_SERIALIZER.load(SUBSCRIPTION_SERIALIZER.dump(subscription)) == subscription


def test_no_subscription_is_a_value_too() -> None:
    assert (
        SUBSCRIPTION_SERIALIZER.load(SUBSCRIPTION_SERIALIZER.dump(NO_SUBSCRIPTION))
        == NO_SUBSCRIPTION
    )


def test_a_change_of_the_json_needs_another_version() -> None:
    """Whoever changes what is expected here raises the version of the shape."""
    plan = Plan("basic-entry", "Basic", 500, "EUR", 5, models=("large",))
    instant = datetime(2026, 2, 20, 9, 30, 0, 123456, tzinfo=UTC)
    subscription = Subscription(SubscriptionStatus.ACTIVE, plan, None, instant, instant, instant)
    assert orjson.loads(SUBSCRIPTION_SERIALIZER.dump(subscription)) == {
        "shape": 3,
        "value": {
            "status": "active",
            "plan": {
                "code": "basic-entry",
                "display_name": "Basic",
                "monthly_price_cents": 500,
                "currency": "EUR",
                "daily_message_limit": 5,
                "trial_days": 0,
                "models": ["large"],
            },
            "failure_reason": None,
            "started_at": "2026-02-20T09:30:00.123456+00:00",
            "updated_at": "2026-02-20T09:30:00.123456+00:00",
            "current_period_start": "2026-02-20T09:30:00.123456+00:00",
            "current_period_end": None,
            "cancel_at_period_end": False,
            "trial_ends_at": None,
            "grace_ends_at": None,
            "next_plan": None,
        },
    }
