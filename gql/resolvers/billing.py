"""Mutations of payments and plans."""

import strawberry

from db.row import Row
from db.states import PaymentStatus
from gql.context import Info, RequestContext
from gql.resolvers.mutation_field import mutation, none_if_unset
from gql.schema.billing.mutations import (
    BillingPortalInput,
    BillingPortalPayload,
    CancelSubscriptionInput,
    ChangePlanInput,
    ChangePlanPayload,
    CheckoutInput,
    CheckoutPayload,
    ResumeSubscriptionInput,
    SubscriptionPayload,
    UpdatePaymentMethodInput,
)
from gql.schema.user_error import UserError
from services.billing.orders import PersonOrder
from services.billing.records import Subscription
from services.billing.rules.payments import payment_declined
from services.billing.service import MethodOrder, PaymentOrder
from services.billing.subscriptions.plan_changes import PlanChangeOrder


@strawberry.type
class BillingMutations:
    """The part of the mutation root for payments and plans."""

    @mutation(
        "Pay for a plan. The payment may still be pending when this answers.", CheckoutPayload
    )
    async def checkout(self, info: Info, input_: CheckoutInput) -> CheckoutPayload:
        context = info.context
        payment = await context.services.billing.checkout(_order(context, input_))
        return await _checkout_payload(context, payment)

    @mutation(
        "Pay again, for the same plan or another, after a payment that failed.", CheckoutPayload
    )
    async def retry_payment(self, info: Info, input_: CheckoutInput) -> CheckoutPayload:
        context = info.context
        payment = await context.services.billing.retry_payment(_order(context, input_))
        return await _checkout_payload(context, payment)

    @mutation(
        "Move an active subscription to another plan: at once, against payment of the difference, "
        "if it costs more; at the end of the period if it costs less.",
        ChangePlanPayload,
    )
    async def change_plan(self, info: Info, input_: ChangePlanInput) -> ChangePlanPayload:
        context = info.context
        order = PlanChangeOrder(
            user_id=context.require_viewer_id(),
            plan_code=input_.plan_code,
            idempotency_key=input_.idempotency_key,
            request_id=context.request_id,
            expected_amount_due_cents=none_if_unset(input_.expected_amount_due_cents),
        )
        changed = await context.services.plan_changes.change_plan(order)
        return ChangePlanPayload(
            subscription=await _subscription(context),
            payment=changed.payment,
            previous_plan=changed.previous,
            user_errors=_declined(changed.payment),
        )

    @mutation(
        "Store another payment method; a renewal that is past due is charged to it at once.",
        CheckoutPayload,
    )
    async def update_payment_method(
        self, info: Info, input_: UpdatePaymentMethodInput
    ) -> CheckoutPayload:
        context = info.context
        order = MethodOrder(
            user_id=context.require_viewer_id(),
            payment_method_token=input_.payment_method_token,
            idempotency_key=input_.idempotency_key,
            request_id=context.request_id,
        )
        payment = await context.services.billing.update_payment_method(order)
        return await _checkout_payload(context, payment)

    @mutation("End the subscription, with its period or at once.", SubscriptionPayload)
    async def cancel_subscription(
        self, info: Info, input_: CancelSubscriptionInput
    ) -> SubscriptionPayload:
        context = info.context
        order = _person_order(context, input_.idempotency_key)
        cancellation = context.services.cancellation
        await cancellation.cancel(order, at_period_end=input_.at_period_end)
        return SubscriptionPayload(subscription=await _subscription(context))

    @mutation("Let a subscription go on that was to end with its period.", SubscriptionPayload)
    async def resume_subscription(
        self, info: Info, input_: ResumeSubscriptionInput
    ) -> SubscriptionPayload:
        context = info.context
        order = _person_order(context, input_.idempotency_key)
        await context.services.cancellation.resume(order)
        return SubscriptionPayload(subscription=await _subscription(context))

    @mutation("A link to the provider's own pages, for one use.", BillingPortalPayload)
    async def create_billing_portal_session(
        self, info: Info, input_: BillingPortalInput
    ) -> BillingPortalPayload:
        context = info.context
        user_id = context.require_viewer_id()
        return BillingPortalPayload(
            url=await context.services.portal.link(user_id, input_.return_url)
        )


def _order(context: RequestContext, input_: CheckoutInput) -> PaymentOrder:
    return PaymentOrder(
        user_id=context.require_viewer_id(),
        plan_code=input_.plan_code,
        payment_method_token=input_.payment_method_token,
        idempotency_key=input_.idempotency_key,
        request_id=context.request_id,
    )


def _person_order(context: RequestContext, idempotency_key: str) -> PersonOrder:
    return PersonOrder(context.require_viewer_id(), idempotency_key, context.request_id)


async def _checkout_payload(context: RequestContext, row: Row) -> CheckoutPayload:
    return CheckoutPayload(
        subscription=await _subscription(context), payment=row, user_errors=_declined(row)
    )


def _declined(payment: Row | None) -> list[UserError]:
    """Why a payment failed, if it did."""
    if payment is None:
        return []
    refusal = payment_declined(PaymentStatus(payment["status"]), payment["failure_reason"])
    return [UserError.from_refusal(refusal)] if refusal else []


async def _subscription(context: RequestContext) -> Subscription:
    return await context.loaders.subscription.load(context.require_viewer_id())
