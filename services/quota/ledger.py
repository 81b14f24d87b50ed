"""Units of the daily quota: each is reserved with a message, then settled or released once."""

from datetime import date, datetime
from math import ceil

from db.database import Connection, Transaction
from db.queries.chat import quota
from services.billing.records import Subscription
from services.billing.rules.payments import NoActiveSubscription
from services.clock import next_midnight
from services.mutations.refusals import Refusal, UserErrorCode
from services.quota.rules import SERVED, daily_limit


class QuotaExceeded(Refusal):
    """The messages of the day are used up."""

    code = UserErrorCode.QUOTA_EXCEEDED


def check_daily_limit(subscription: Subscription) -> int:
    """The units of a UTC day; raises `NoActiveSubscription`."""
    if subscription.status not in SERVED:
        raise NoActiveSubscription("An active subscription is needed to send messages.")
    return daily_limit(subscription)


def quota_exceeded(limit: int, now: datetime) -> QuotaExceeded:
    """The refusal of a unit beyond the day's `limit`."""
    return QuotaExceeded(
        f"The {limit} messages of the day are used up.",
        retry_after_seconds=ceil((next_midnight(now) - now).total_seconds()),
    )


async def settle(
    transaction: Transaction, *, user_id: int, reply_id: int, day: date, now: datetime
) -> None:
    """Mark the unit reserved for a reply as spent."""
    await quota.settle(transaction, user_id=user_id, day=day, reply_id=reply_id, now=now)


async def release(
    transaction: Transaction, *, user_id: int, reply_id: int, day: date, now: datetime
) -> None:
    """Release the unit reserved for a reply, to the day on which it was reserved."""
    await quota.release(transaction, user_id=user_id, day=day, reply_id=reply_id, now=now)


async def differing_days(connection: Connection) -> list[tuple[int, date, int, int]]:
    """Where the counters differ from the ledger: user, day, counted, recorded; normally empty.

    Reads the whole ledger.
    """
    return [
        (row["user_id"], row["usage_date"], row["counted"], row["recorded"])
        for row in await quota.differences(connection)
    ]
