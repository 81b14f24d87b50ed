"""Reading Stripe's refunds, in lists and in events."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from clients.payments.records import RefundEvent, RefundResult, RefundState
from clients.payments.stripe.intents import is_amount, is_id, is_key

# Any: a refund is JSON.
RefundObject: TypeAlias = Mapping[str, Any]
REFUND_KEY = "refund_key"
"""The metadata by which a refund of ours is known."""
_STATES = {
    "succeeded": RefundState.SUCCEEDED,
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


def refund_result(refund: RefundObject) -> RefundResult:
    """What became of a refund; a state that is new to us is not an end."""
    status = refund.get("status")
    state = _STATES.get(status) if isinstance(status, str) else None
    return RefundResult(state or RefundState.PENDING, str(refund["id"]))


def refund_event(refund: RefundObject) -> RefundEvent | None:
    """What became of a refund, and of which order; None if it is not ours."""
    match refund:
        case {
            "id": str(id_),
            "amount": int(amount),
            "payment_intent": str(intent),
            "metadata": {"refund_key": str(key)},
        } if is_id(id_) and is_id(intent) and is_key(key) and is_amount(amount):
            return RefundEvent(key, intent, amount, refund_result(refund))
    return None
