"""The users of the demo, with their subscriptions, payments, usage and privacy requests."""

from datetime import datetime, timedelta

from clients.payments.records import Owner, OwnerKind
from clients.payments.sandbox.provider import customer_of
from clients.payments.sandbox.tokens import OK, TIMEOUT, stored
from perf.dataset.rows import (
    CustomerRow,
    PaymentRow,
    PrivacyRequestRow,
    QuotaUsageRow,
    SubscriptionRow,
    UserRow,
)

MAYA, JONAS, PRIYA, TOMAS, LENA, SAM = range(1, 7)
IDS = {"maya": MAYA, "jonas": JONAS, "priya": PRIYA, "tomas": TOMAS, "lena": LENA, "sam": SAM}
_JOINED_DAYS_AGO = {MAYA: 420, JONAS: 200, PRIYA: 90, TOMAS: 60, LENA: 300, SAM: 0}
_BASIC, _PREMIUM = "basic-entry", "premium-unlimited"


def users(now: datetime) -> tuple[UserRow, ...]:
    """Maya has some of everything; Sam has just signed up and has nothing."""
    return tuple(
        UserRow(key, f"{name}@example.com", _days_before(now, _JOINED_DAYS_AGO[key]))
        for name, key in IDS.items()
    )


def subscriptions(now: datetime) -> tuple[SubscriptionRow, ...]:
    """Active: Maya and Jonas; pending: Priya; failed: Tomas; inactive: Lena; none: Sam."""
    maya, jonas, priya, tomas, lena = (_days_before(now, days) for days in (420, 200, 90, 60, 300))
    upgraded, ordered = _days_before(now, 30), now - timedelta(minutes=5)
    lapsed, declined = _days_before(now, 3), now - timedelta(hours=5)
    return (
        SubscriptionRow(1, MAYA, _BASIC, "inactive", None, maya, maya, upgraded),
        SubscriptionRow(2, MAYA, _PREMIUM, "active", None, upgraded, upgraded, upgraded),
        SubscriptionRow(3, JONAS, _BASIC, "active", None, jonas, jonas, jonas),
        SubscriptionRow(4, PRIYA, _BASIC, "inactive", None, priya, priya, ordered),
        SubscriptionRow(5, PRIYA, _PREMIUM, "pending", None, None, ordered, ordered),
        SubscriptionRow(6, TOMAS, _BASIC, "failed", "card_declined", tomas, tomas, declined),
        SubscriptionRow(7, LENA, _BASIC, "inactive", None, lena, lena, lapsed),
    )


def customers() -> tuple[CustomerRow, ...]:
    """The cards of those whose subscription is active: their plans can be changed."""
    known = [(key, customer_of(Owner(OwnerKind.PERSON, key))) for key in (MAYA, JONAS)]
    return tuple(CustomerRow(key, customer, stored(OK, customer)) for key, customer in known)


def payments(now: datetime) -> tuple[PaymentRow, ...]:
    """Priya's payment, which got no answer; the worker asks for its result in ten minutes."""
    ordered = now - timedelta(minutes=5)
    return (
        PaymentRow(
            *(1, PRIYA, 5, _PREMIUM, 2_000, "EUR", "demo", "demo-payment-1", TIMEOUT),
            created_at=ordered,
            updated_at=ordered,
            next_check_at=now + timedelta(minutes=10),
        ),
    )


def quota_usages(now: datetime) -> tuple[QuotaUsageRow, ...]:
    """Today's usage; Jonas has exhausted his quota."""
    return (QuotaUsageRow(MAYA, now.date(), 7), QuotaUsageRow(JONAS, now.date(), 5))


def privacy_requests(now: datetime) -> tuple[PrivacyRequestRow, ...]:
    """Past requests, Jonas's export, which is due now, and Lena's erasure in six days."""
    cancelled, failed, completed = (_days_before(now, days) for days in (100, 41, 40))
    return (
        PrivacyRequestRow(1, MAYA, "delete", "cancelled", cancelled, _days_before(now, 86)),
        PrivacyRequestRow(2, MAYA, "export", "failed", failed, error_reason="storage_full"),
        PrivacyRequestRow(
            *(3, MAYA, "export", "completed", completed),
            completed_at=completed + timedelta(minutes=2),
        ),
        PrivacyRequestRow(4, JONAS, "export", "requested", now),
        PrivacyRequestRow(
            *(5, LENA, "delete", "requested", _days_before(now, 1)),
            scheduled_for=now + timedelta(days=6),
        ),
    )


def _days_before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)
