"""The audit after the trial: payments against the provider, periods, sums, and invoices."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import asyncpg

from perf.chaos.kill_renewals.sums import problems_of_sums

_PAYMENTS = """
SELECT p.id, p.user_id, p.subscription_id, p.kind, p.status, p.amount_cents, p.provider_key,
  p.period_start, p.period_end, p.plan_price_cents, p.updated_at,
  coalesce((SELECT sum(r.amount_cents) FROM billing_payment_attempts r WHERE r.user_id = p.user_id
    AND r.refund_of_id = p.id AND r.status = 'succeeded'), 0)::int AS refunded_cents,
  (SELECT i.total_cents FROM user_invoices i
   WHERE i.user_id = p.user_id AND i.source = 'payment:' || p.id) AS invoiced_cents
FROM billing_payment_attempts p ORDER BY p.id
"""
_INVOICES = """
SELECT i.number, i.subtotal_cents, i.tax_cents, i.total_cents,
  (SELECT sum(amount_cents) FROM user_invoice_lines l
   WHERE l.user_id = i.user_id AND l.invoice_id = i.id) AS lines_cents
FROM user_invoices i ORDER BY i.number
"""
_OVERDUE = """
SELECT user_id, status, current_period_end FROM user_subscriptions
WHERE status = 'active' AND current_period_end <= $1
"""
_CHANGES = """
SELECT user_id, changed_at, to_price_cents, coalesce(carried_cents, 0) AS carried_cents
FROM billing_plan_changes WHERE to_price_cents IS NOT NULL ORDER BY changed_at, id
"""


@dataclass(frozen=True, slots=True)
class TrialAudit:
    """How much was charged and given back, and a description of each problem."""

    charged_cents: int
    refunded_cents: int
    payments: int
    renewals: int
    invoices: int
    problems: tuple[str, ...]


async def audit(
    connection: "asyncpg.Connection[asyncpg.Record]", account: Path, now: datetime
) -> TrialAudit:
    """Compare the books with what the sandbox took and gave back, and with themselves."""
    payments = await connection.fetch(_PAYMENTS)
    invoices = await connection.fetch(_INVOICES)
    changes = await connection.fetch(_CHANGES)
    with sqlite3.connect(account) as sandbox:
        taken = dict(
            sandbox.execute("SELECT key, amount_cents FROM charges WHERE state = 'succeeded'")
        )
        returned = dict(sandbox.execute("SELECT key, amount_cents FROM refunds"))
    paid = [one for one in payments if one["status"] == "succeeded"]
    problems = [
        *_against_provider(paid, taken, returned),
        *_of_periods(paid),
        *problems_of_sums(paid, changes),
        *_of_invoices(paid, invoices),
        *_left_open(payments),
        *_not_charged(await connection.fetch(_OVERDUE, now)),
    ]
    return TrialAudit(
        sum(taken.values()),
        sum(returned.values()),
        len(paid),
        sum(one["kind"] == "renewal" for one in paid),
        len(invoices),
        tuple(problems),
    )


def _left_open(payments: list[asyncpg.Record]) -> Iterator[str]:
    for one in payments:
        if one["status"] == "pending":
            yield f"payment {one['id']} is pending"


def _not_charged(subscriptions: list[asyncpg.Record]) -> Iterator[str]:
    for one in subscriptions:
        yield f"user {one['user_id']} is not charged since {one['current_period_end']}"


def _against_provider(
    paid: list[asyncpg.Record], taken: dict[str, int], returned: dict[str, int]
) -> Iterator[str]:
    for name, kinds, theirs in (("charges", False, taken), ("refunds", True, returned)):
        ours = {
            one["provider_key"]: one["amount_cents"]
            for one in paid
            if (one["kind"] == "refund") is kinds and one["amount_cents"]
        }
        if ours != theirs:
            yield (
                f"{name}: {len(theirs.items() - ours.items())} at the provider alone, "
                f"{len(ours.items() - theirs.items())} in our books alone"
            )


def _of_periods(paid: list[asyncpg.Record]) -> Iterator[str]:
    """Nobody paid twice for a period, and between two that follow none was left out."""
    periods: dict[tuple[int, int], list[asyncpg.Record]] = defaultdict(list)
    for one in paid:
        if one["kind"] == "renewal" and one["refunded_cents"] < one["amount_cents"]:
            periods[one["user_id"], one["subscription_id"]].append(one)
    begun = {(one["user_id"], one["updated_at"]) for one in paid if one["kind"] == "checkout"}
    for (user_id, _), renewals in periods.items():
        renewals.sort(key=lambda one: one["period_start"])
        for one, other in pairwise(renewals):
            if one["period_start"] == other["period_start"]:
                yield f"user {user_id} paid twice for {one['period_start']}"
            elif one["period_end"] != other["period_start"] and not any(
                user == user_id and one["period_start"] < at < other["period_start"]
                for user, at in begun
            ):
                yield f"user {user_id} has not paid from {one['period_end']}"


def _of_invoices(paid: list[asyncpg.Record], invoices: list[asyncpg.Record]) -> Iterator[str]:
    for one in paid:
        if one["kind"] == "refund" or one["amount_cents"] == 0:
            continue
        if one["invoiced_cents"] is None and one["refunded_cents"] != one["amount_cents"]:
            yield f"payment {one['id']} has neither an invoice nor a refund"
        if one["invoiced_cents"] not in {None, one["amount_cents"]}:
            yield f"payment {one['id']} is invoiced {one['invoiced_cents']}"
    for invoice in invoices:
        if not (
            invoice["lines_cents"] == invoice["subtotal_cents"]
            and invoice["subtotal_cents"] + invoice["tax_cents"] == invoice["total_cents"]
        ):
            yield f"invoice {invoice['number']} does not add up"
    yield from _gaps([invoice["number"] for invoice in invoices])


def _gaps(numbers: list[str]) -> Iterator[str]:
    series: dict[str, list[int]] = defaultdict(list)
    for number in numbers:
        name, _, count = number.rpartition("-")
        series[name].append(int(count))
    for name, counts in series.items():
        if sorted(counts) != list(range(1, len(counts) + 1)):
            yield f"the numbers of {name} have gaps"
