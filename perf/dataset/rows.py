"""The row types of a data set, with columns in the order in which they are copied."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypeAlias


class UserRow(NamedTuple):
    """A row of `users`."""

    id: int
    email: str
    created_at: datetime


class SubscriptionRow(NamedTuple):
    """A row of `user_subscriptions`."""

    id: int
    user_id: int
    plan_code: str
    status: str
    failure_reason: str | None
    started_at: datetime | None
    created_at: datetime
    updated_at: datetime


class CustomerRow(NamedTuple):
    """A row of `billing_customers`."""

    user_id: int
    customer: str
    payment_method: str


class PaymentRow(NamedTuple):
    """A row of `billing_payment_attempts`: a pending one, checked again at `next_check_at`."""

    id: int
    user_id: int
    subscription_id: int
    plan_code: str
    amount_cents: int
    currency: str
    idempotency_key: str
    provider_key: str
    payment_method_token: str
    created_at: datetime
    updated_at: datetime
    next_check_at: datetime
    status: str = "pending"


class QuotaUsageRow(NamedTuple):
    """A row of `daily_quota_usages`."""

    user_id: int
    usage_date: date
    used: int


class QuotaOpeningRow(NamedTuple):
    """A row of `quota_ledger_entries`: the opening balance of a day."""

    user_id: int
    usage_date: date
    units: int
    kind: str = "opening"


def opening_entries(usages: Iterable[QuotaUsageRow]) -> tuple[QuotaOpeningRow, ...]:
    """The ledger entries whose sums are `usages`."""
    return tuple(QuotaOpeningRow(*usage) for usage in usages)


class ConversationRow(NamedTuple):
    """A row of `chat_conversations`."""

    id: int
    user_id: int
    title: str
    status: str
    created_at: datetime
    updated_at: datetime


class MessageRow(NamedTuple):
    """A row of `chat_messages`; columns after `created_at` are for the model's replies only."""

    id: int
    user_id: int
    conversation_id: int
    role: str
    status: str
    content: str
    created_at: datetime
    model: str | None = None
    attempts: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_ms: int | None = None
    failure_reason: str | None = None


class PrivacyRequestRow(NamedTuple):
    """A row of `user_privacy_requests`."""

    id: int
    user_id: int
    request_kind: str
    status: str
    requested_at: datetime
    scheduled_for: datetime | None = None
    completed_at: datetime | None = None
    error_reason: str | None = None


class AccountRow(NamedTuple):
    """A row of `enterprise_accounts`."""

    id: int
    company_name: str
    administrator_id: int
    created_at: datetime


class DailyUsageRow(NamedTuple):
    """A row of `enterprise_daily_usages`."""

    id: int
    enterprise_account_id: int
    usage_date: date
    request_count: int


Row: TypeAlias = (
    UserRow
    | SubscriptionRow
    | CustomerRow
    | PaymentRow
    | QuotaUsageRow
    | QuotaOpeningRow
    | ConversationRow
    | MessageRow
    | PrivacyRequestRow
    | AccountRow
    | DailyUsageRow
)


@dataclass(frozen=True, slots=True)
class TableRows:
    """The `count` rows of one table; they may be a generator, and are read only once."""

    table: str
    kind: type[Row]
    count: int
    rows: Iterable[Row]
