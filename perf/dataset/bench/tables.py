"""The tables of the benchmarks' data set, generated deterministically relative to now."""

from dataclasses import dataclass
from datetime import datetime

from perf.dataset import companies
from perf.dataset.bench import chat, people
from perf.dataset.rows import (
    AccountRow,
    ConversationRow,
    DailyUsageRow,
    MessageRow,
    PrivacyRequestRow,
    QuotaOpeningRow,
    QuotaUsageRow,
    SubscriptionRow,
    TableRows,
    UserRow,
    opening_entries,
)


@dataclass(frozen=True, slots=True)
class BenchSizes:
    """Sizes of the data set; an exchange is a person's message and the reply to it."""

    users: int = 10_000
    conversations_per_user: int = 50
    users_with_messages: int = 2_000
    exchanges_per_conversation: int = 10
    accounts: int = 20
    usage_days: int = 400


LOAD_TEST_SIZES = BenchSizes(
    users=1_000,
    conversations_per_user=30,
    users_with_messages=150,
    exchanges_per_conversation=10,
    accounts=5,
    usage_days=90,
)
"""Data for a load test against a server of our own, unless its profile says otherwise."""


def bench_tables(sizes: BenchSizes, now: datetime) -> tuple[TableRows, ...]:
    """All rows, in an order that satisfies the foreign keys; the same for the same arguments.

    Users are numbered from 1; the conversations of user n follow those of user n - 1, and so do
    their messages. User n administers account n. Only the due dates of some erasures are in the
    future.
    """
    users = range(1, sizes.users + 1)
    writers = users[: sizes.users_with_messages]
    each, exchanges = sizes.conversations_per_user, sizes.exchanges_per_conversation
    subscriptions = tuple(people.subscriptions(users, now))
    usages = tuple(people.quota_usages(subscriptions, now))
    return (
        TableRows("users", UserRow, len(users), people.users(users, now)),
        TableRows("user_subscriptions", SubscriptionRow, len(subscriptions), subscriptions),
        TableRows("daily_quota_usages", QuotaUsageRow, len(usages), usages),
        TableRows("quota_ledger_entries", QuotaOpeningRow, len(usages), opening_entries(usages)),
        TableRows(
            "chat_conversations",
            ConversationRow,
            len(users) * each,
            chat.conversations(users, now, each=each),
        ),
        TableRows(
            "chat_messages",
            MessageRow,
            len(writers) * each * exchanges * 2,
            chat.messages(writers, now, each=each, exchanges=exchanges),
        ),
        TableRows(
            "user_privacy_requests",
            PrivacyRequestRow,
            len(users) * people.PRIVACY_REQUESTS_PER_USER,
            people.privacy_requests(users, now),
        ),
        TableRows(
            "enterprise_accounts",
            AccountRow,
            sizes.accounts,
            companies.accounts(sizes.accounts, now),
        ),
        TableRows(
            "enterprise_daily_usages",
            DailyUsageRow,
            sizes.accounts * sizes.usage_days,
            companies.daily_usages(sizes.accounts, now, days=sizes.usage_days),
        ),
    )
