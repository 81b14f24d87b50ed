"""Whether what was charged over periods is what their time cost, to the cent."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import asyncpg

from clients.payments.minimum import least_charge_cents
from services.billing.rules.periods import Period
from services.billing.rules.proration import Segment, cost_cents

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def problems_of_sums(
    paid: Sequence[asyncpg.Record], changes: Sequence[asyncpg.Record]
) -> Iterator[str]:
    """A sentence for each renewed period that cost another amount than was charged for it.

    What was too little to be charged in a period is charged with the next one.
    """
    kept: dict[int, list[asyncpg.Record]] = defaultdict(list)
    for one in paid:
        if one["refunded_cents"] < one["amount_cents"]:
            kept[one["user_id"]].append(one)
    changed: dict[int, list[asyncpg.Record]] = defaultdict(list)
    for change in changes:
        changed[change["user_id"]].append(change)
    for user_id, payments in kept.items():
        for renewal in (one for one in payments if one["kind"] == "renewal"):
            if problem := _problem(renewal, payments, changed[user_id]):
                yield f"user {user_id}: {problem}"


def _problem(
    renewal: asyncpg.Record,
    payments: Sequence[asyncpg.Record],
    changes: Sequence[asyncpg.Record],
) -> str | None:
    period = Period(renewal["period_start"], renewal["period_end"])
    price_cents: int = renewal["plan_price_cents"]
    segments = [Segment(period.start, price_cents), *_segments(changes, period)]
    differences = sum(
        one["amount_cents"]
        for one in payments
        if one["kind"] == "proration" and one["period_end"] == period.end
    )
    owed_before = renewal["amount_cents"] - price_cents
    charged = renewal["amount_cents"] + differences
    left = segments[-1].carried_cents
    if charged + left != cost_cents(period, segments) + owed_before:
        return f"paid {charged} for {period}, and {left} are carried"
    if not 0 <= left < least_charge_cents("EUR"):
        return f"{left} cents are carried"
    carried = _segments(
        changes, Period(_start_of_period_before(period.start, payments), period.start)
    )
    if owed_before != (carried[-1].carried_cents if carried else 0):
        return f"{owed_before} cents are charged for what was carried to {period.start}"
    return None


def _segments(changes: Sequence[asyncpg.Record], period: Period) -> list[Segment]:
    """The changes within a period; that at its start is the renewal's own."""
    return [
        Segment(change["changed_at"], change["to_price_cents"], change["carried_cents"])
        for change in changes
        if period.start < change["changed_at"] < period.end
    ]


def _start_of_period_before(start: datetime, payments: Sequence[asyncpg.Record]) -> datetime:
    """When the period began that ended at `start`; what a checkout pays for begins with it."""
    begun = [
        one["period_start"] if one["kind"] == "renewal" else one["updated_at"]
        for one in payments
        if (one["kind"] == "renewal" and one["period_end"] == start)
        or (one["kind"] == "checkout" and one["updated_at"] < start)
    ]
    return max(begun, default=_LONG_AGO)
