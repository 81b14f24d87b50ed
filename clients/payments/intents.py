"""What Stripe's payment intents say of a charge."""

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
    # Without an earlier failure: nothing was tried yet.
    "requires_payment_method": ChargeState.NOT_MADE,
    "requires_confirmation": ChargeState.NOT_MADE,
    "canceled": ChargeState.NOT_MADE,
}
_LARGEST_PAYMENT_ID = 2**63 - 1
_ID = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_REASON = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
# Told as the plain reason: whoever tries a stolen card must not learn that it was noticed.
_PLAINLY_DECLINED = {
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
    """An intent in a form that we do not know."""


def metadata_of(charge: Charge) -> dict[str, str]:
    """What an intent keeps, so that `charge_named` finds its charge."""
    return {"payment_id": str(charge.payment_id), "idempotency_key": charge.idempotency_key}


def is_id(text: str) -> bool:
    """Whether the provider may call something so: printable ASCII without spaces, of some length.

    https://docs.stripe.com/upgrades#what-changes-does-stripe-consider-to-be-backwards-compatible
    """
    return _ID.fullmatch(text) is not None


def charge_named(intent: Intent) -> tuple[int, str] | None:
    """The payment id and the idempotency key of an intent's charge; None for somebody else's."""
    match intent.get("metadata"):
        case {"payment_id": str(number), "idempotency_key": str(key)} if (
            number.isascii() and number.isdecimal() and len(number) <= len(str(_LARGEST_PAYMENT_ID))
        ):
            payment_id = int(number)
            return (payment_id, key) if payment_id <= _LARGEST_PAYMENT_ID else None
    return None


def result_of(intent: Intent) -> ChargeResult:
    """What an intent says of its charge; raises `UnknownIntent`."""
    match intent:
        case {"id": str(id_)} if not is_id(id_):
            raise UnknownIntent("an id that is none")
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
    """A charge that was declined, for the card's own reason if it may be told.

    A reason that is no short word of small letters is none that anybody could act on.
    """
    reason = decline_code or code
    if not isinstance(reason, str) or not _REASON.fullmatch(reason) or reason in _PLAINLY_DECLINED:
        reason = CARD_DECLINED
    return ChargeResult(ChargeState.DECLINED, reference, reason)
