"""What became of events without an answer, and what a company's month costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from clients.payments.minimum import least_charge_cents
from db.states import InvoiceLineKind, MeterEventStatus
from services.clock import next_month
from services.invoicing.records import InvoiceLine

COUNTED_WITHIN = timedelta(hours=1)
"""How long the provider's sums may lack an event that it has taken."""
RETRY_DAYS = (0, 1, 3, 5, 7)
"""The days after its invoice on which a company's payment is tried."""


@dataclass(frozen=True, slots=True)
class SettledDay:
    """Which of the unanswered events of a day were counted, and which were not."""

    taken: tuple[int, ...]
    not_taken: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a company pays."""

    account_id: int
    currency: str
    monthly_price_cents: int
    overage_price_cents: int
    billed_until: date
    customer: str


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event, and when it was sent first and taken, if it was."""

    id: int
    status: MeterEventStatus
    first_sent_at: datetime | None
    taken_at: datetime | None


def settle_day(
    events: Sequence[SentEvent],
    counted: int,
    *,
    now: datetime,
    unknown_after: timedelta,
) -> SettledDay | None:
    """Settle a day of which the provider has `counted` so many; None while that may still change.

    Each event is one unit. So however many of the unanswered ones the provider lacks are not taken,
    whichever they are; they may be sent anew, since no id as old as theirs is remembered.
    """
    taken = [one for one in events if one.status is MeterEventStatus.TAKEN]
    unknown = [one for one in events if one.status is MeterEventStatus.SENT]
    is_open = any(one.first_sent_at and one.first_sent_at > now - unknown_after for one in unknown)
    is_fresh = any(one.taken_at and one.taken_at > now - COUNTED_WITHIN for one in taken)
    if is_open or is_fresh:
        return None
    ids = [one.id for one in unknown]
    count = max(0, min(counted - len(taken), len(ids)))
    return SettledDay(tuple(ids[:count]), tuple(ids[count:]))


def month_lines(terms: Terms, overage: int) -> list[InvoiceLine]:
    """The lines of the month that begins with `billed_until`; none if there is nothing to list.

    Overage is listed also where its price is 0: so it is never charged at a later price.
    """
    start = datetime.combine(terms.billed_until, time(), UTC)
    end = datetime.combine(next_month(terms.billed_until), time(), UTC)
    lines: list[InvoiceLine] = []
    if terms.monthly_price_cents:
        contract = "The contract's requests"
        lines.append(
            InvoiceLine(InvoiceLineKind.PERIOD, contract, 1, terms.monthly_price_cents, start, end)
        )
    if overage:
        amount = overage * terms.overage_price_cents
        over = "Requests over the contract"
        lines.append(InvoiceLine(InvoiceLineKind.OVERAGE, over, overage, amount, start, end))
    return lines


def is_carried(lines: Sequence[InvoiceLine], currency: str) -> bool:
    """Whether a month costs so little that it is invoiced with the next one."""
    return 0 < sum(line.amount_cents for line in lines) < least_charge_cents(currency)


def next_attempt_at(issued_at: datetime, attempts: int) -> datetime | None:
    """When a payment is tried again after so many attempts; None if it is given up."""
    if attempts >= len(RETRY_DAYS):
        return None
    return issued_at + timedelta(days=RETRY_DAYS[attempts])
