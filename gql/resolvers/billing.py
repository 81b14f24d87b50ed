"""Mutations of payments and plans."""

import strawberry

from db.row import Row
from db.states import PaymentStatus
from gql.context import Info, RequestContext
from gql.resolvers.mutation_field import mutation
from gql.schema.billing.mutations import (
    ChangePlanInput,
    ChangePlanPayload,
    CheckoutInput,
    CheckoutPayload,
)
from gql.schema.user_error import UserError
from services.billing.records import Subscription
from services.billing.rules import payment_declined
from services.billing.service import PaymentOrder, PlanChangeOrder


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

    @mutation("Move an active subscription to another plan, at once.", ChangePlanPayload)
    async def change_plan(self, info: Info, input_: ChangePlanInput) -> ChangePlanPayload:
        context = info.context
        order = PlanChangeOrder(
            user_id=context.require_viewer_id(),
            plan_code=input_.plan_code,
            idempotency_key=input_.idempotency_key,
            request_id=context.request_id,
        )
        previous = await context.services.billing.change_plan(order)
        return ChangePlanPayload(
            subscription=await _subscription(context),
            previous_plan=previous,
        )


def _order(context: RequestContext, input_: CheckoutInput) -> PaymentOrder:
    return PaymentOrder(
        user_id=context.require_viewer_id(),
        plan_code=input_.plan_code,
        payment_method_token=input_.payment_method_token,
        idempotency_key=input_.idempotency_key,
        request_id=context.request_id,
    )


async def _checkout_payload(context: RequestContext, row: Row) -> CheckoutPayload:
    refusal = payment_declined(PaymentStatus(row["status"]), row["failure_reason"])
    return CheckoutPayload(
        subscription=await _subscription(context),
        payment=row,
        user_errors=[UserError.from_refusal(refusal)] if refusal else [],
    )


async def _subscription(context: RequestContext) -> Subscription:
    return await context.loaders.subscription.load(context.require_viewer_id())
