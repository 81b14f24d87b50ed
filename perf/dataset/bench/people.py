"""The users of the benchmarks, with their subscriptions, quota usage and privacy requests."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from perf.dataset.rows import PrivacyRequestRow, QuotaUsageRow, SubscriptionRow, UserRow

PRIVACY_REQUESTS_PER_USER = 3
_JOINED_BEFORE = timedelta(days=400)
_YEAR = timedelta(days=365)
_DAILY_LIMITS = {"basic-entry": 5, "premium-unlimited": 1_000}
_MOST_USED = 60
_USING_QUOTA_SHARE = 0.4
_STATUSES = ("active", "pending", "failed", "inactive")
_STATUS_WEIGHTS = (94, 2, 2, 2)
_ERASURE_SHARE = 0.01
_ERASURE_GRACE = timedelta(days=14)


def users(keys: range, now: datetime) -> Iterator[UserRow]:
    """Users who joined one an hour, the last of them 400 days ago."""
    for key in keys:
        joined_at = now - _JOINED_BEFORE - timedelta(hours=len(keys) - key)
        yield UserRow(key, f"person{key}@example.com", joined_at)


def subscriptions(keys: range, now: datetime) -> Iterator[SubscriptionRow]:
    """One subscription for each user, nearly all active, half of them for either plan."""
    random = Random("subscriptions")
    statuses = random.choices(_STATUSES, _STATUS_WEIGHTS, k=len(keys))
    for key, status in zip(keys, statuses, strict=True):
        changed_at = now - _YEAR * random.random()
        yield SubscriptionRow(
            id=key,
            user_id=key,
            plan_code=random.choice(tuple(_DAILY_LIMITS)),
            status=status,
            failure_reason="card_declined" if status == "failed" else None,
            started_at=changed_at if status in {"active", "inactive"} else None,
            created_at=changed_at,
            updated_at=changed_at,
        )


def quota_usages(
    all_subscriptions: Sequence[SubscriptionRow], now: datetime
) -> Iterator[QuotaUsageRow]:
    """Today's usage of some users with active subscriptions, within their limits."""
    random = Random("quota")
    for subscription in all_subscriptions:
        if subscription.status == "active" and random.random() < _USING_QUOTA_SHARE:
            limit = _DAILY_LIMITS[subscription.plan_code]
            used = random.randint(1, min(limit, _MOST_USED))
            yield QuotaUsageRow(subscription.user_id, now.date(), used)


def privacy_requests(keys: range, now: datetime) -> Iterator[PrivacyRequestRow]:
    """Two exports and an erasure for each user.

    Only a few erasures are pending, and none is due for two weeks: a worker has nothing to do.
    """
    random = Random("privacy")
    for user_id in keys:
        first = (user_id - 1) * PRIVACY_REQUESTS_PER_USER + 1
        export_at, failure_at, erasure_at = (
            now - timedelta(days=days) - timedelta(days=random.random() * 90)
            for days in (200, 100, 1)
        )
        is_under_way = random.random() < _ERASURE_SHARE
        yield PrivacyRequestRow(
            *(first, user_id, "export", "completed", export_at),
            completed_at=export_at + timedelta(minutes=5),
        )
        yield PrivacyRequestRow(
            *(first + 1, user_id, "export", "failed", failure_at), error_reason="storage_full"
        )
        yield PrivacyRequestRow(
            *(first + 2, user_id, "delete", "requested" if is_under_way else "cancelled"),
            requested_at=now - timedelta(hours=1) if is_under_way else erasure_at,
            scheduled_for=(now if is_under_way else erasure_at) + _ERASURE_GRACE,
        )
