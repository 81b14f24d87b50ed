"""Plans, subscriptions and payments; the accounts are kept, without the person."""

from collections.abc import Iterator
from itertools import chain

from db.personal.vocabulary import (
    BY_PERSON,
    EVERYWHERE,
    SAID_ELSEWHERE,
    Archived,
    Author,
    Category,
    ClassifiedTable,
    Column,
    Deleted,
    Kept,
    OwnerPath,
    Replacement,
    Retention,
    Untouched,
    columns,
    lookup,
)
from db.states import SubscriptionStatus

_REPLACED = Replacement(SubscriptionStatus.INACTIVE)
_HOW_IT_IS_ASKED = "How our machines ask the payment provider."
_METHOD = "It would let whoever finds it take money, and is gone when the payment has ended."
_SUBSCRIPTION = ("subscription_id", "archived_subscriptions")
_BOOKS = "Tax law wants the records of what was sold and paid."


def kept_books(
    name: str, since: str, *held: Iterator[Column], refers_to: tuple[str, str] | None = None
) -> ClassifiedTable:
    """The archive of accounts, with the retention that tax law requires."""
    retention = Retention(years=10, since=(since,), is_from_end_of_year=True)
    return ClassifiedTable(
        name,
        Kept(_BOOKS, retention, refers_to),
        columns=tuple(chain.from_iterable(held)),
        distribution=EVERYWHERE,
    )


MONEY_LOOKUPS = (
    lookup(
        "payment_provider_keys",
        columns(Category.PAYMENT, "provider_key", withheld=_HOW_IT_IS_ASKED, author=Author.SYSTEM),
        columns(Category.PAYMENT, "payment_id", withheld=SAID_ELSEWHERE),
    ),
    lookup(
        "payment_provider_references",
        columns(
            Category.PAYMENT, "provider_reference", withheld=SAID_ELSEWHERE, author=Author.PROVIDER
        ),
        columns(Category.PAYMENT, "payment_id", withheld=SAID_ELSEWHERE),
    ),
)
ARCHIVED_MONEY = (
    kept_books(
        "archived_payment_attempts",
        "updated_at",
        columns(Category.NOT_PERSONAL, "id subscription_id plan_code status amount_cents currency"),
        columns(Category.NOT_PERSONAL, "created_at updated_at asked_until next_check_at checks"),
        columns(Category.NOT_PERSONAL, "kind period_start period_end plan_price_cents"),
        columns(Category.NOT_PERSONAL, "expires_at refund_of_id"),
        columns(Category.NOT_PERSONAL, "failure_reason provider_key", author=Author.SYSTEM),
        columns(Category.NOT_PERSONAL, "provider_reference", author=Author.PROVIDER),
        refers_to=_SUBSCRIPTION,
    ),
    kept_books(
        "archived_plan_changes",
        "changed_at",
        columns(Category.NOT_PERSONAL, "id subscription_id from_plan_code to_plan_code changed_at"),
        columns(Category.NOT_PERSONAL, "from_price_cents to_price_cents carried_cents"),
        refers_to=_SUBSCRIPTION,
    ),
    kept_books(
        "archived_subscriptions",
        "updated_at",
        columns(Category.NOT_PERSONAL, "id plan_code status started_at created_at updated_at"),
        columns(Category.NOT_PERSONAL, "next_plan_code period_price_cents period_anchor_at"),
        columns(Category.NOT_PERSONAL, "current_period_start current_period_end trial_ends_at"),
        columns(Category.NOT_PERSONAL, "cancel_at_period_end past_due_since grace_ends_at"),
        columns(Category.NOT_PERSONAL, "failure_reason", author=Author.SYSTEM),
    ),
)
MONEY = (
    # Events are kept for a month, to recognise repeated deliveries.
    ClassifiedTable(
        "billing_webhook_events",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=EVERYWHERE,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.PAYMENT, "id", author=Author.PROVIDER),
            *columns(Category.PAYMENT, "payment_attempt_id occurred_at received_at"),
        ),
    ),
    ClassifiedTable(
        "billing_payment_attempts",
        Archived(_BOOKS, "archived_payment_attempts"),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.TECHNICAL, "idempotency_key", author=Author.CALLER),
            *columns(
                Category.PAYMENT, "payment_method_token", withheld=_METHOD, author=Author.CALLER
            ),
            *columns(
                Category.PAYMENT,
                "customer client_secret",
                withheld=_METHOD,
                author=Author.PROVIDER,
            ),
            *columns(Category.PAYMENT, "id subscription_id plan_code status amount_cents currency"),
            *columns(
                Category.PAYMENT,
                "kind period_start period_end plan_price_cents expires_at refund_of_id",
            ),
            *columns(Category.PAYMENT, "created_at updated_at"),
            *columns(Category.PAYMENT, "failure_reason", author=Author.SYSTEM),
            *columns(Category.PAYMENT, "provider_reference", author=Author.PROVIDER),
            *columns(
                Category.TECHNICAL, "provider_key", withheld=_HOW_IT_IS_ASKED, author=Author.SYSTEM
            ),
            *columns(
                Category.TECHNICAL, "asked_until next_check_at checks", withheld=_HOW_IT_IS_ASKED
            ),
        ),
    ),
    ClassifiedTable(
        "billing_plan_changes",
        Archived(_BOOKS, "archived_plan_changes"),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.TECHNICAL, "idempotency_key", author=Author.CALLER),
            *columns(Category.PAYMENT, "id subscription_id from_plan_code to_plan_code changed_at"),
            *columns(Category.PAYMENT, "from_price_cents to_price_cents carried_cents"),
        ),
    ),
    ClassifiedTable(
        "user_subscriptions",
        Archived(_BOOKS, "archived_subscriptions"),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            # Nobody is to be charged for it again.
            *columns(Category.PAYMENT, "status", replacement=_REPLACED),
            *columns(Category.PAYMENT, "failure_reason", author=Author.SYSTEM),
            *columns(Category.PAYMENT, "id plan_code started_at next_plan_code period_price_cents"),
            *columns(Category.PAYMENT, "period_anchor_at current_period_start current_period_end"),
            *columns(Category.PAYMENT, "trial_ends_at cancel_at_period_end"),
            *columns(Category.PAYMENT, "past_due_since grace_ends_at created_at updated_at"),
            *columns(Category.TECHNICAL, "due_at", withheld="When our worker acts next."),
        ),
    ),
    ClassifiedTable(
        "billing_customers",
        # Before its rows go, the person is removed at the provider, too.
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.PAYMENT, "customer", author=Author.PROVIDER),
            *columns(Category.PAYMENT, "payment_method", withheld=_METHOD, author=Author.PROVIDER),
            *columns(Category.PAYMENT, "updated_at"),
        ),
    ),
    ClassifiedTable(
        "billing_plans",
        Untouched("What is on sale."),
        distribution=EVERYWHERE,
        columns=(
            *columns(Category.NOT_PERSONAL, "code display_name models", author=Author.OPERATOR),
            *columns(
                Category.NOT_PERSONAL, "monthly_price_cents currency daily_message_limit is_on_sale"
            ),
            *columns(Category.NOT_PERSONAL, "trial_days"),
        ),
    ),
)
