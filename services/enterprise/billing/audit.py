"""The audit of metered overage: the ledger of calls, the events, the meter and the invoices."""

from datetime import UTC, datetime, time

from clients.payments.minimum import least_charge_cents
from clients.payments.provider import UsageMeter
from clients.payments.usage_window import OLDEST_USAGE
from db.database import Database
from db.queries.enterprise import company_billing, meter_events
from db.row import Row
from services.clock import Clock, next_month


async def audit_overage(database: Database, meter: UsageMeter, *, clock: Clock) -> list[str]:
    """A sentence for each company and month in which they are not equal to the unit.

    Events on their way to the meter, and months that are not invoiced yet, are no difference.
    """
    async with database.read_primary() as connection:
        companies = await company_billing.all_terms(connection)
    found: list[str] = []
    for terms in companies:
        found += await _audit_company(database, meter, terms, clock())
    return found


async def _audit_company(
    database: Database, meter: UsageMeter, terms: Row, now: datetime
) -> list[str]:
    account_id = terms["enterprise_account_id"]
    async with database.snapshot() as snapshot:
        ledger = await company_billing.ledger_by_month(snapshot, account_id)
        counts = await meter_events.counts_by_month(snapshot, account_id)
    calls = {row["month"].date(): row["calls"] for row in ledger}
    events = {row["month"].date(): row for row in counts}
    closed = [row for month, row in events.items() if month < terms["billed_until"]]
    left = sum(row["events"] - row["invoiced"] for row in closed)
    # What is too little to be charged is on the next invoice that is not.
    left_cents = left * terms["overage_price_cents"]
    is_little = 0 < left_cents < least_charge_cents(terms["currency"])
    found: list[str] = []
    for month in sorted(calls.keys() | events.keys()):
        row = events.get(month)
        sent, taken, invoiced = (
            (0, 0, 0) if row is None else (row["events"], row["taken"], row["invoiced"])
        )
        where = f"company {account_id}, {month:%Y-%m}"
        if calls.get(month, 0) != sent:
            found.append(f"{where}: {calls.get(month, 0)} calls in the ledger, {sent} events")
        if month < terms["billed_until"] and invoiced != sent and not is_little:
            found.append(f"{where}: {sent} events, {invoiced} of them on invoices")
        end = datetime.combine(next_month(month), time(), UTC)
        counted = await meter.reported(
            terms["customer"], datetime.combine(month, time(), UTC), min(end, _minute(now))
        )
        if taken != sent and end < now - OLDEST_USAGE:
            found.append(f"{where}: {sent - taken} events were never taken, and are too old now")
        if taken == sent and counted != taken:
            found.append(f"{where}: {taken} events were taken, the meter has counted {counted}")
    return found


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)
