"""Who may pay, what is refused, and how a payment changes state."""

from clients.payments.records import ChargeResult, ChargeState, RefundResult, RefundState
from db.states import PaymentKind, PaymentStatus, SubscriptionStatus
from services.mutations.refusals import Conflict, InvalidInput, Refusal, UserErrorCode

LONGEST_TOKEN = 255
NOT_CHARGED = "not_charged"
"""Failure reason of a payment that never reached the provider, or was given up."""
NO_PAYMENT_METHOD = "no_payment_method"
"""Failure reason of a payment for which no method is stored."""
REFUND_FAILED = "refund_failed"
"""Failure reason of a refund that the provider cannot make: an operator has to."""
AUTHENTICATION_REQUIRED = "authentication_required"
"""Why a renewal is past due that waits for the person's action."""
_NOT_TAKEN = {ChargeState.DECLINED, ChargeState.NOT_MADE}
_SENT = {PaymentStatus.SUCCEEDED}
OPEN = {PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION}
"""The states of a payment that may still succeed."""


class InvalidPlan(Refusal):
    """There is no such plan on sale."""

    code = UserErrorCode.INVALID_PLAN


class SubscriptionAlreadyActive(Refusal):
    """The subscription is already paid."""

    code = UserErrorCode.SUBSCRIPTION_ALREADY_ACTIVE


class AlreadyOnPlan(Refusal):
    """The subscription is for this plan already."""

    code = UserErrorCode.ALREADY_ON_PLAN


class NoActiveSubscription(Refusal):
    """The operation needs an active subscription."""

    code = UserErrorCode.NO_ACTIVE_SUBSCRIPTION


class PaymentDeclined(Refusal):
    """The payment provider declined; nothing was charged."""

    code = UserErrorCode.PAYMENT_DECLINED


class AmountChanged(Refusal):
    """The amount due is not the expected one; nothing was changed."""

    code = UserErrorCode.AMOUNT_CHANGED


def check_is_unpaid(status: SubscriptionStatus) -> None:
    """Raise `SubscriptionAlreadyActive` where there is nothing to pay."""
    if status is SubscriptionStatus.ACTIVE:
        raise SubscriptionAlreadyActive("The subscription is active; there is nothing to pay.")


def check_can_pay(status: SubscriptionStatus) -> None:
    """Refuse a payment if the subscription is paid already, or a payment is under way.

    Raises `SubscriptionAlreadyActive` and `Conflict`.
    """
    check_is_unpaid(status)
    if status is SubscriptionStatus.PENDING:
        raise payment_under_way()


def payment_under_way() -> Conflict:
    """The refusal while a payment is open."""
    return Conflict("A payment is under way; wait for its outcome.", retry_after_seconds=2)


def next_payment_status(
    kind: PaymentKind, status: PaymentStatus, state: ChargeState
) -> PaymentStatus | None:
    """The new status of a payment after the provider reports `state`; None if it does not change.

    A success always counts, even for a payment that had failed. Anything else counts only while
    the payment is open; but the money of a refund may come back after it was sent.
    """
    if state is ChargeState.SUCCEEDED and status is not PaymentStatus.SUCCEEDED:
        return PaymentStatus.SUCCEEDED
    may_fail = status in OPEN or (kind is PaymentKind.REFUND and status in _SENT)
    if state in _NOT_TAKEN and may_fail:
        return PaymentStatus.FAILED
    if state is ChargeState.REQUIRES_ACTION and status is PaymentStatus.PENDING:
        return PaymentStatus.REQUIRES_ACTION
    return None


def result_of_refund(refund: RefundResult) -> ChargeResult:
    """The result of a payment that is a refund."""
    match refund.state:
        case RefundState.SUCCEEDED:
            return ChargeResult(ChargeState.SUCCEEDED, refund.reference)
        case RefundState.FAILED:
            return ChargeResult(ChargeState.DECLINED, refund.reference, REFUND_FAILED)
        case RefundState.PENDING:
            return ChargeResult(ChargeState.PENDING, refund.reference)


def payment_failure_reason(result: ChargeResult) -> str | None:
    """The short code shown to the person; None if the money was taken."""
    return result.decline_reason or NOT_CHARGED if result.state in _NOT_TAKEN else None


def payment_declined(status: PaymentStatus, failure_reason: str | None) -> PaymentDeclined | None:
    """The refusal shown for a failed payment; None if it has not failed."""
    if status is not PaymentStatus.FAILED:
        return None
    if failure_reason == NOT_CHARGED:
        return PaymentDeclined("The payment could not be made, and nothing was charged; pay again.")
    if failure_reason == NO_PAYMENT_METHOD:
        return PaymentDeclined("No payment method is stored; give one with updatePaymentMethod.")
    return PaymentDeclined(
        f"The payment was declined: {failure_reason}.", field="paymentMethodToken"
    )


def checked_token(text: str) -> str:
    """The token of a payment method, validated; raises `InvalidInput`."""
    if not 1 <= len(text) <= LONGEST_TOKEN or not text.isascii() or not text.isprintable():
        raise InvalidInput("This is not a token of a payment method.", field="paymentMethodToken")
    return text
