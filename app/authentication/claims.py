"""Validates the claims of a verified token: its times, subject and roles."""

import re
from typing import Any

from app.authentication.verified_tokens import Claims
from services.callers.principal import Person

LARGEST_ID = 2**63 - 1
_USER_ID = re.compile(r"[1-9]\d{0,18}", re.ASCII)
_LEEWAY_SECONDS = 5
_END_OF_TIME = 253_402_300_800
"""The year 10000 in Unix seconds: no calendar goes on from there."""


class InvalidToken(Exception):
    """The token is not accepted; the message says why and holds nothing of it."""


# Any: a payload is JSON of unknown shape until its members are checked here.
def claims_of(payload: dict[str, Any], now: float) -> Claims:
    """The claims of a payload that is valid at `now`, in Unix seconds; raises `InvalidToken`."""
    expires_at = _instant(payload, "exp")
    if expires_at is None:
        raise InvalidToken("it does not say when it ends")
    if expires_at <= now:
        raise InvalidToken("it has expired")
    for claim in ("nbf", "iat"):
        instant = _instant(payload, claim)
        if instant is not None and instant > now + _LEEWAY_SECONDS:
            raise InvalidToken("it is not valid yet")
    person = Person(_user_id(payload.get("sub")), _roles(payload.get("roles")))
    return Claims(person, expires_at)


def _instant(payload: dict[str, Any], claim: str) -> float | None:
    """A NumericDate of RFC 7519; JSON as it is read here has NaN and integers of any size too."""
    value = payload.get(claim)
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < _END_OF_TIME:
        raise InvalidToken(f"its {claim} is not a time")
    return float(value)


def _user_id(subject: object) -> int:
    if isinstance(subject, str) and _USER_ID.fullmatch(subject) and int(subject) <= LARGEST_ID:
        return int(subject)
    raise InvalidToken("its subject is not a user's id")


def _roles(roles: object) -> frozenset[str]:
    if roles is None:
        return frozenset()
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise InvalidToken("its roles are not a list of texts")
    return frozenset(roles)
