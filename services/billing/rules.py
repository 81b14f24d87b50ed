"""Who may pay, and who may change the plan."""

from services.billing.records import Plan, Subscription, SubscriptionStatus
from services.refusal import Conflict, InvalidInput, Refusal, UserErrorCode

LONGEST_TOKEN = 255


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


def checked_token(text: str) -> str:
    """The token of a payment method; raises `InvalidInput`."""
    if not 1 <= len(text) <= LONGEST_TOKEN or not text.isascii() or not text.isprintable():
        raise InvalidInput("This is not a token of a payment method.", field="paymentMethodToken")
    return text
