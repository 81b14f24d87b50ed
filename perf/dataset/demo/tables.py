"""The data set of the demo: a handful of people, and one company, as of now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from perf.dataset.companies import daily_usages
from perf.dataset.demo import people
from perf.dataset.demo.chat import chat
from perf.dataset.rows import (
    AccountRow,
    ConversationRow,
    CustomerRow,
    DailyUsageRow,
    MessageRow,
    PaymentRow,
    PrivacyRequestRow,
    QuotaOpeningRow,
    QuotaUsageRow,
    Row,
    SubscriptionRow,
    TableRows,
    UserRow,
    opening_entries,
)

DEMO_USER = people.MAYA
DEMO_ACCOUNT = 1
_COMPANY = "Northwind Advisory"
_USAGE_DAYS = 60


def demo_tables(now: datetime) -> tuple[TableRows, ...]:
    """All rows, in an order that satisfies the foreign keys.

    `DEMO_USER` has some of everything and administers `DEMO_ACCOUNT`.
    """
    conversations, messages = chat(now)
    usages = people.quota_usages(now)
    company = AccountRow(DEMO_ACCOUNT, _COMPANY, DEMO_USER, now - timedelta(days=_USAGE_DAYS))
    return (
        _table("users", UserRow, people.users(now)),
        _table("user_subscriptions", SubscriptionRow, people.subscriptions(now)),
        _table("billing_customers", CustomerRow, people.customers()),
        _table("billing_payment_attempts", PaymentRow, people.payments(now)),
        _table("daily_quota_usages", QuotaUsageRow, usages),
        _table("quota_ledger_entries", QuotaOpeningRow, opening_entries(usages)),
        _table("chat_conversations", ConversationRow, conversations),
        _table("chat_messages", MessageRow, messages),
        _table("user_privacy_requests", PrivacyRequestRow, people.privacy_requests(now)),
        _table("enterprise_accounts", AccountRow, (company,)),
        _table(
            "enterprise_daily_usages",
            DailyUsageRow,
            tuple(daily_usages(DEMO_ACCOUNT, now, days=_USAGE_DAYS)),
        ),
    )


def _table(name: str, kind: type[Row], rows: Sequence[Row]) -> TableRows:
    return TableRows(name, kind, len(rows), rows)
