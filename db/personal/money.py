"""Plans, subscriptions and payments; the accounts are kept, without the person."""

from db.personal.vocabulary import (
    Anonymised,
    Author,
    Category,
    ClassifiedTable,
    Deleted,
    OwnerPath,
    Replacement,
    Retention,
    Untouched,
    columns,
)
from db.states import SubscriptionStatus

_ERASED = Replacement("erased")
_HOW_IT_IS_ASKED = "How our machines ask the payment provider."
_METHOD = "It would let whoever finds it take money, and is gone when the payment has ended."


def _books(since: str) -> Anonymised:
    """Anonymised, with the retention that tax law requires."""
    return Anonymised(
        "Tax law wants the records of what was sold and paid.",
        Retention(years=10, since=(since,), is_from_end_of_year=True),
    )


MONEY = (
    # Events are kept for a month, to recognise repeated deliveries.
    ClassifiedTable(
        "billing_webhook_events",
        Deleted(),
        owner_paths=(OwnerPath("payment_attempt_id", through="billing_payment_attempts"),),
        columns=(
            *columns(Category.PAYMENT, "id", author=Author.PROVIDER),
            *columns(Category.PAYMENT, "payment_attempt_id occurred_at received_at"),
        ),
    ),
    ClassifiedTable(
        "billing_payment_attempts",
        _books("updated_at"),
        owner_paths=(OwnerPath("user_id"),),
        columns=(
            *columns(Category.IDENTITY, "user_id", replacement=Replacement()),
            *columns(
                Category.TECHNICAL, "idempotency_key", replacement=_ERASED, author=Author.CALLER
            ),
            *columns(
                Category.PAYMENT,
                "payment_method_token",
                withheld=_METHOD,
                replacement=Replacement(),
                author=Author.CALLER,
            ),
            *columns(
                Category.PAYMENT,
                "customer client_secret",
                withheld=_METHOD,
                replacement=Replacement(),
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
        _books("changed_at"),
        owner_paths=(OwnerPath("user_id"),),
        columns=(
            *columns(Category.IDENTITY, "user_id", replacement=Replacement()),
            *columns(
                Category.TECHNICAL, "idempotency_key", replacement=_ERASED, author=Author.CALLER
            ),
            *columns(Category.PAYMENT, "id subscription_id from_plan_code to_plan_code changed_at"),
            *columns(Category.PAYMENT, "from_price_cents to_price_cents"),
        ),
    ),
    ClassifiedTable(
        "user_subscriptions",
        _books("updated_at"),
        owner_paths=(OwnerPath("user_id"),),
        columns=(
            *columns(Category.IDENTITY, "user_id", replacement=Replacement()),
            # Nobody is to be charged for it again.
            *columns(
                Category.PAYMENT, "status", replacement=Replacement(SubscriptionStatus.INACTIVE)
            ),
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
        columns=(
            *columns(Category.NOT_PERSONAL, "code display_name", author=Author.OPERATOR),
            *columns(
                Category.NOT_PERSONAL, "monthly_price_cents currency daily_message_limit is_on_sale"
            ),
            *columns(Category.NOT_PERSONAL, "trial_days"),
        ),
    ),
)
