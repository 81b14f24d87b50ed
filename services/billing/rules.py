"""Who may pay, who may change the plan, and what becomes of a payment."""

from clients.payments.records import ChargeResult, ChargeState
from services.billing.records import PaymentStatus, Plan, Subscription, SubscriptionStatus
from services.refusal import Conflict, InvalidInput, Refusal, UserErrorCode

LONGEST_TOKEN = 255
NOT_CHARGED = "not_charged"
"""Why a payment failed about which the provider was never asked."""
_NOT_TAKEN = {ChargeState.DECLINED, ChargeState.NOT_MADE}


class InvalidPlan(Refusal):
    """There is no such plan on sale."""

    code = UserErrorCode.INVALID_PLAN


class SubscriptionAlreadyActive(Refusal):
    """There is nothing to pay."""

    code = UserErrorCode.SUBSCRIPTION_ALREADY_ACTIVE


class AlreadyOnPlan(Refusal):
    """The subscription is for this plan already."""

    code = UserErrorCode.ALREADY_ON_PLAN


class NoActiveSubscription(Refusal):
    """There is no active subscription to change."""

    code = UserErrorCode.NO_ACTIVE_SUBSCRIPTION


class PaymentDeclined(Refusal):
    """The payment provider did not take the money; nothing was charged."""

    code = UserErrorCode.PAYMENT_DECLINED


def check_can_pay(subscription: Subscription) -> None:
    """Refuse a payment for what is paid, or is being paid.

    Raises `SubscriptionAlreadyActive` and `Conflict`.
    """
    if subscription.status is SubscriptionStatus.ACTIVE:
        raise SubscriptionAlreadyActive("The subscription is active; there is nothing to pay.")
    if subscription.status is SubscriptionStatus.PENDING:
        raise Conflict("A payment is under way; wait for its outcome.", retry_after_seconds=2)


def check_can_change(subscription: Subscription, wanted: Plan) -> Plan:
    """The plan that is left for `wanted`; raises `NoActiveSubscription` and `AlreadyOnPlan`."""
    if subscription.status is not SubscriptionStatus.ACTIVE or subscription.plan is None:
        raise NoActiveSubscription("Only an active subscription can change its plan.")
    if subscription.plan.code == wanted.code:
        raise AlreadyOnPlan("The subscription is for this plan already.", field="planCode")
    return subscription.plan


def payment_becomes(status: PaymentStatus, state: ChargeState) -> PaymentStatus | None:
    """What a payment becomes by what the provider says of it; None where it stays as it is.

    That money was taken counts whenever we hear it, also of a payment that was given up. That none
    was taken only counts while nothing else is known.
    """
    if state is ChargeState.SUCCEEDED and status is not PaymentStatus.SUCCEEDED:
        return PaymentStatus.SUCCEEDED
    if state in _NOT_TAKEN and status is PaymentStatus.PENDING:
        return PaymentStatus.FAILED
    return None


def why_not_paid(result: ChargeResult) -> str | None:
    """The short code that the person is told; None where the money was taken."""
    return result.decline_reason or NOT_CHARGED if result.state in _NOT_TAKEN else None


def declined(status: PaymentStatus, failure_reason: str | None) -> PaymentDeclined | None:
    """What a person is told of a payment that failed."""
    if status is not PaymentStatus.FAILED:
        return None
    if failure_reason == NOT_CHARGED:
        return PaymentDeclined("The payment could not be made, and nothing was charged; pay again.")
    return PaymentDeclined(
        f"The payment was declined: {failure_reason}.", field="paymentMethodToken"
    )


def checked_token(text: str) -> str:
    """The token of a payment method; raises `InvalidInput`."""
    if not 1 <= len(text) <= LONGEST_TOKEN or not text.isascii() or not text.isprintable():
        raise InvalidInput("This is not a token of a payment method.", field="paymentMethodToken")
    return text
