"""Reading Stripe's payment intents."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from clients.payments.records import Charge, ChargeResult, ChargeState

# Any: an intent is JSON.
Intent: TypeAlias = Mapping[str, Any]

CARD_DECLINED = "card_declined"
AUTHENTICATION_REQUIRED = "authentication_required"
INVALID_PAYMENT_METHOD = "invalid_payment_method"

_STATES = {
    "succeeded": ChargeState.SUCCEEDED,
    "processing": ChargeState.PENDING,
    "requires_capture": ChargeState.PENDING,
    # Without an earlier failure, nothing was attempted yet.
    "requires_payment_method": ChargeState.NOT_MADE,
    "requires_confirmation": ChargeState.NOT_MADE,
    "canceled": ChargeState.NOT_MADE,
}
_LARGEST_PAYMENT_ID = 2**63 - 1
_ID = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_REASON = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
# Shown as a plain decline: someone who tries a stolen card must not learn that it was noticed.
_HIDDEN_REASONS = {
    "fraudulent",
    "generic_decline",
    "lost_card",
    "merchant_blacklist",
    "pickup_card",
    "restricted_card",
    "security_violation",
    "stolen_card",
}


class UnknownIntent(Exception):
    """An intent that cannot be interpreted."""


def metadata_of(charge: Charge) -> dict[str, str]:
    """The metadata of a charge's intent, by which `charge_of_intent` finds the charge."""
    return {"payment_id": str(charge.payment_id), "idempotency_key": charge.idempotency_key}


def is_id(text: str) -> bool:
    """Whether this can be an id of the provider: 1 to 255 printable ASCII characters, no spaces.

    https://docs.stripe.com/upgrades#what-changes-does-stripe-consider-to-be-backwards-compatible
    """
    return _ID.fullmatch(text) is not None


def charge_of_intent(intent: Intent) -> tuple[int, str] | None:
    """The payment id and the idempotency key of an intent's charge; None if it is not ours."""
    match intent.get("metadata"):
        case {"payment_id": str(number), "idempotency_key": str(key)} if (
            number.isascii() and number.isdecimal() and len(number) <= len(str(_LARGEST_PAYMENT_ID))
        ):
            payment_id = int(number)
            return (payment_id, key) if payment_id <= _LARGEST_PAYMENT_ID else None
    return None


def result_of(intent: Intent) -> ChargeResult:
    """The result of the charge in an intent; raises `UnknownIntent`."""
    match intent:
        case {"id": str(id_)} if not is_id(id_):
            raise UnknownIntent("an invalid id")
        case {
            "id": str(id_),
            "status": "requires_payment_method",
            "last_payment_error": dict(failure),
        }:
            return declined(id_, failure.get("code"), failure.get("decline_code"))
        case {"id": str(id_), "status": "requires_action"}:
            return declined(id_, AUTHENTICATION_REQUIRED)
        case {"id": str(id_), "status": str(status)} if status in _STATES:
            return ChargeResult(_STATES[status], id_)
    raise UnknownIntent(intent.get("status"))


def declined(reference: str, code: object, decline_code: object = None) -> ChargeResult:
    """The result of a declined charge, with the card's reason if it may be shown.

    A reason that is not a short lower-case code is replaced by a plain decline.
    """
    reason = decline_code or code
    if not isinstance(reason, str) or not _REASON.fullmatch(reason) or reason in _HIDDEN_REASONS:
        reason = CARD_DECLINED
    return ChargeResult(ChargeState.DECLINED, reference, reason)
