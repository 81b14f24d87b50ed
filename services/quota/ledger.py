"""Units of the daily quota: reserved with a message, then settled or given back, once."""

from datetime import date, datetime
from math import ceil

from db.database import Connection, Transaction
from db.queries import quota
from services.billing.records import Subscription, SubscriptionStatus
from services.clock import next_midnight
from services.quota.rules import daily_limit
from services.refusal import Refusal, UserErrorCode


class NoActiveSubscription(Refusal):
    """Nothing can be sent without an active subscription."""

    code = UserErrorCode.NO_ACTIVE_SUBSCRIPTION


class QuotaExceeded(Refusal):
    """The day's messages are used up."""

    code = UserErrorCode.QUOTA_EXCEEDED


def check_limit(subscription: Subscription) -> int:
    """The units that a UTC day gives; raises `NoActiveSubscription`."""
    if subscription.status is not SubscriptionStatus.ACTIVE:
        raise NoActiveSubscription("An active subscription is needed to send messages.")
    return daily_limit(subscription)


def quota_exceeded(limit: int, now: datetime) -> QuotaExceeded:
    """The refusal of a unit more than the day's `limit`."""
    return QuotaExceeded(
        f"The {limit} messages of the day are used up.",
        retry_after_seconds=ceil((next_midnight(now) - now).total_seconds()),
    )


async def settle(
    transaction: Transaction, *, user_id: int, reply_id: int, day: date, now: datetime
) -> None:
    """Say that the unit reserved for a reply was spent."""
    await quota.settle(transaction, user_id=user_id, day=day, reply_id=reply_id, now=now)


async def release(
    transaction: Transaction, *, user_id: int, reply_id: int, day: date, now: datetime
) -> None:
    """Give back the unit reserved for a reply, to the day that it was reserved on."""
    await quota.release(transaction, user_id=user_id, day=day, reply_id=reply_id, now=now)


async def differing_days(connection: Connection) -> list[tuple[int, date, int, int]]:
    """Where counters and ledger differ: user, day, counted, recorded; empty when all is well.

    Reads the whole ledger.
    """
    return [
        (row["user_id"], row["usage_date"], row["counted"], row["recorded"])
        for row in await quota.differences(connection)
    ]
