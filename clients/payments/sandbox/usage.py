"""The sandbox's meter, as forgetful and as strict about time as Stripe's."""

from datetime import datetime
from sqlite3 import Connection

from clients.payments.provider import PaymentProviderRefused
from clients.payments.records import UsageEvent
from clients.payments.usage_window import IDENTIFIER_MEMORY, NEWEST_USAGE, OLDEST_USAGE


def report(connection: Connection, event: UsageEvent, now: datetime) -> None:
    """Count an event, unless its identifier is remembered; raises `PaymentProviderRefused`."""
    if not now - OLDEST_USAGE < event.occurred_at <= now + NEWEST_USAGE:
        raise PaymentProviderRefused("the sandbox counts no use of this time")
    remembered = connection.execute(
        "SELECT 1 FROM usage_events WHERE identifier = ? AND received_at > ?",
        (event.identifier, (now - IDENTIFIER_MEMORY).timestamp()),
    ).fetchone()
    if remembered is None:
        connection.execute(
            "INSERT INTO usage_events VALUES (?, ?, ?, ?, ?)",
            (
                event.identifier,
                event.customer,
                event.quantity,
                event.occurred_at.timestamp(),
                now.timestamp(),
            ),
        )


def reported(connection: Connection, customer: str, start: datetime, end: datetime) -> int:
    """The units of a customer from `start` to before `end`."""
    (units,) = connection.execute(
        "SELECT coalesce(sum(quantity), 0) FROM usage_events "
        "WHERE customer = ? AND occurred_at >= ? AND occurred_at < ?",
        (customer, start.timestamp(), end.timestamp()),
    ).fetchone()
    return int(units)
