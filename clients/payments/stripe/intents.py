"""Reading Stripe's payment intents."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from clients.payments.records import Charge, ChargeResult, ChargeState, Owner, OwnerKind

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
_FORMER_STATUSES = {
    "requires_source": "requires_payment_method",
    "requires_source_action": "requires_action",
}
"""What events of an endpoint have whose version of the API is before 2019-02-11."""
_LARGEST_NUMBER, _LARGEST_CENTS = 2**63 - 1, 2**31 - 1
_OWNER = re.compile(f"({'|'.join(kind.value for kind in OwnerKind)}):([0-9]{{1,19}})", re.ASCII)
_NUMBER = re.compile("[0-9]{1,19}", re.ASCII)
_ID = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_KEY = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
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


@dataclass(frozen=True, slots=True)
class ChargeIdentity:
    """What an intent says of the charge that it is for."""

    payment_id: int
    idempotency_key: str
    owner: Owner | None = None


def metadata_of(charge: Charge, *, tax_cents: int = 0) -> dict[str, str]:
    """The metadata of a charge's intent, by which `charge_of_intent` finds the charge."""
    metadata = {"payment_id": str(charge.payment_id), "idempotency_key": charge.idempotency_key}
    if charge.owner is not None:
        metadata["owner"] = charge.owner.key
    if charge.allows_action:
        metadata["allows_action"] = "true"
    if tax_cents:
        metadata["tax_cents"] = str(tax_cents)
    return metadata


def is_id(text: str) -> bool:
    """Whether this can be an id of the provider: 1 to 255 printable ASCII characters, no spaces.

    https://docs.stripe.com/upgrades#what-changes-does-stripe-consider-to-be-backwards-compatible
    """
    return _ID.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Whether this can be one of our keys: up to 255 characters, none of them a control one."""
    return _KEY.fullmatch(text) is not None


def is_amount(cents: object) -> bool:
    """Whether this can be an amount of money of ours, in cents."""
    return type(cents) is int and 0 <= cents <= _LARGEST_CENTS


def charge_of_intent(intent: Intent) -> ChargeIdentity | None:
    """The charge that an intent is for; None if it is not ours."""
    match intent.get("metadata"):
        case {"payment_id": str(number), "idempotency_key": str(key), **others} if is_key(key):
            payment_id = _number(number)
            if payment_id is not None:
                return ChargeIdentity(payment_id, key, _owner(others.get("owner")))
    return None


def is_of_charge(intent: Intent, charge: Charge) -> bool:
    """Whether an intent is for this charge.

    Those of earlier versions do not say whose it is, and we do not know it of a person who was
    erased since; the key is one charge's alone.
    """
    found = charge_of_intent(intent)
    return (
        found is not None
        and (found.payment_id, found.idempotency_key) == (charge.payment_id, charge.idempotency_key)
        and (charge.owner is None or found.owner in {None, charge.owner})
    )


def result_of(intent: Intent) -> ChargeResult:
    """The result of the charge in an intent, in any version; raises `UnknownIntent`."""
    status = intent.get("status")
    if isinstance(status, str) and status in _FORMER_STATUSES:
        intent = {**intent, "status": _FORMER_STATUSES[status]}
    match intent:
        case {"id": str(id_)} if not is_id(id_):
            raise UnknownIntent("an invalid id")
        case {"id": str(id_), "status": "requires_action"}:
            return _unauthenticated(id_, intent)
        case {
            "id": str(id_),
            "status": "requires_payment_method",
            "last_payment_error": {"code": "authentication_required"},
        }:
            return _unauthenticated(id_, intent)
        case {
            "id": str(id_),
            "status": "requires_payment_method",
            "last_payment_error": dict(failure),
        }:
            return declined(id_, failure.get("code"), failure.get("decline_code"))
        case {"id": str(id_), "status": str(status)} if status in _STATES:
            return ChargeResult(
                _STATES[status],
                id_,
                payment_method=_stored_method(intent),
                tax_cents=_tax_cents(intent),
            )
    raise UnknownIntent(intent.get("status"))


def _unauthenticated(id_: str, intent: Intent) -> ChargeResult:
    """The bank asks the person: the charge waits if it may, and is declined otherwise."""
    match intent:
        case {"client_secret": str(secret), "metadata": {"allows_action": "true"}} if is_id(secret):
            return ChargeResult(ChargeState.REQUIRES_ACTION, id_, client_secret=secret)
    return declined(id_, AUTHENTICATION_REQUIRED)


def _stored_method(intent: Intent) -> str | None:
    """The method of an intent with a customer, who has stored it when the intent succeeds."""
    match intent:
        case {"status": "succeeded", "customer": str(), "payment_method": str(method)}:
            return method if is_id(method) else None
    return None


def _tax_cents(intent: Intent) -> int:
    match intent.get("metadata"):
        case {"tax_cents": str(text)}:
            cents = _number(text)
            return cents if cents is not None and is_amount(cents) else 0
    return 0


def _owner(text: object) -> Owner | None:
    matched = _OWNER.fullmatch(text) if isinstance(text, str) else None
    number = None if matched is None else _number(matched[2])
    return None if matched is None or number is None else Owner(OwnerKind(matched[1]), number)


def _number(text: str) -> int | None:
    number = int(text) if _NUMBER.fullmatch(text) else None
    return number if number is not None and number <= _LARGEST_NUMBER else None


def declined(reference: str | None, code: object, decline_code: object = None) -> ChargeResult:
    """The result of a declined charge, with the card's reason if it may be shown.

    A reason that is not a short lower-case code is replaced by a plain decline.
    """
    reason = decline_code or code
    if not isinstance(reason, str) or not _REASON.fullmatch(reason) or reason in _HIDDEN_REASONS:
        reason = CARD_DECLINED
    return ChargeResult(ChargeState.DECLINED, reference, reason)
