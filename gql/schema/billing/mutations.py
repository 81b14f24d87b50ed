"""Inputs and payloads of the billing mutations."""

from datetime import datetime

import strawberry
from strawberry import UNSET

from db.row import Row
from db.states import PaymentStatus
from gql.schema.billing.subscription import BillingSubscription, Plan
from gql.schema.user_error import UserError
from gql.values.mappings import Column, GlobalId, ObjectMapping, Sourced
from gql.values.sharing import SECRET, sharing_metadata
from services.billing.records import Plan as PlanRecord
from services.billing.records import Subscription

_ERRORS = "Why nothing was changed; empty on success."
_KEY = (
    "Chosen by the client, 1 to 255 printable characters, new for each thing that it wants done. "
    "Sending again with the same key returns the first result and charges nothing."
)


@strawberry.type(description="An attempt to take money.")
class Payment:
    """A payment of the viewer's."""

    id: strawberry.ID = strawberry.field(
        description="Opaque and globally unique; identifies the payment."
    )
    status: PaymentStatus = strawberry.field(
        description="Whether the payment succeeded, failed, or is still under way."
    )
    client_secret: str | None = strawberry.field(
        description="For the provider's own front end, while the status is REQUIRES_ACTION.",
        metadata=sharing_metadata(SECRET),
    )
    failure_reason: str | None = strawberry.field(
        description="A short code such as `card_declined`, when it failed."
    )
    created_at: datetime = strawberry.field(description="When the payment was begun.")


PAYMENT = ObjectMapping(
    Payment,
    {
        "id": GlobalId("Payment"),
        "status": Column("status", PaymentStatus),
        "client_secret": Column("client_secret"),
        "failure_reason": Column("failure_reason"),
        "created_at": Column("created_at"),
    },
)


@strawberry.input(description="The plan to subscribe to, and what it is paid with.")
class CheckoutInput:
    """For `checkout` and `retryPayment`."""

    plan_code: str = strawberry.field(description="The `code` of a plan that `plans` lists.")
    payment_method_token: str = strawberry.field(
        description="What the payment provider's page gave for the person's card."
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.type(description="A payment, and the subscription that it is for.")
class CheckoutPayload:
    """Of `checkout`, `retryPayment` and `updatePaymentMethod`."""

    subscription: Sourced[BillingSubscription | None, Subscription | None] = strawberry.field(
        default=None, description="The subscription as it is now."
    )
    payment: Sourced[Payment | None, Row | None] = strawberry.field(
        default=None, description="The payment that was begun, in the state that it has by now."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list,
        description=(
            "Why nothing was changed; empty on success. With `PAYMENT_DECLINED` the payment and "
            "the subscription have failed, and the payment can be retried."
        ),
    )


@strawberry.input(description="The plan to move the active subscription to.")
class ChangePlanInput:
    """For `changePlan`."""

    plan_code: str = strawberry.field(
        description="The `code` of a plan that `plans` lists; the current one drops a change "
        "that is pending."
    )
    idempotency_key: str = strawberry.field(description=_KEY)
    expected_amount_due_cents: int | None = strawberry.field(
        default=UNSET,
        description="What `planChangePreview` said; the change is refused where it is another "
        "amount. Left out, any amount is charged.",
    )


@strawberry.type(description="A subscription that moves to another plan, and what that costs.")
class ChangePlanPayload:
    """Of `changePlan`."""

    subscription: Sourced[BillingSubscription | None, Subscription | None] = strawberry.field(
        default=None, description="The subscription as it is now."
    )
    payment: Sourced[Payment | None, Row | None] = strawberry.field(
        default=None,
        description="What was charged for a dearer plan, which is on once it succeeded; null "
        "where nothing is charged.",
    )
    previous_plan: Sourced[Plan | None, PlanRecord | None] = strawberry.field(
        default=None, description="The plan that the subscription was for before the change."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list,
        description=(
            "Why nothing was changed; empty on success. With `PAYMENT_DECLINED` the payment has "
            "failed, and the plan is as before."
        ),
    )


@strawberry.input(description="What the subscription is to be paid with from now on.")
class UpdatePaymentMethodInput:
    """For `updatePaymentMethod`."""

    payment_method_token: str = strawberry.field(
        description="What the payment provider's page gave for the person's card."
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="When the subscription is to end.")
class CancelSubscriptionInput:
    """For `cancelSubscription`."""

    idempotency_key: str = strawberry.field(description=_KEY)
    at_period_end: bool = strawberry.field(
        default=True,
        description="Whether it goes on until `currentPeriodEnd`. At once, nothing is given back; "
        "one that is PAST_DUE ends at once.",
    )


@strawberry.input(description="Which use of the mutation this is.")
class ResumeSubscriptionInput:
    """For `resumeSubscription`."""

    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.type(description="A subscription that was cancelled or resumed.")
class SubscriptionPayload:
    """Of `cancelSubscription` and `resumeSubscription`."""

    subscription: Sourced[BillingSubscription | None, Subscription | None] = strawberry.field(
        default=None, description="The subscription as it is now."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.input(description="Where the provider's pages lead back to.")
class BillingPortalInput:
    """For `createBillingPortalSession`."""

    return_url: str = strawberry.field(
        description="An address of the front end, of 1 to 2,000 characters: over https, or on this "
        "machine in development."
    )


@strawberry.type(description="A link to the payment provider's own pages.")
class BillingPortalPayload:
    """Of `createBillingPortalSession`."""

    url: str | None = strawberry.field(
        default=None, description="Send the person there at once: it works once, for minutes."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why there is no link; empty on success."
    )


MAPPINGS = (PAYMENT,)
