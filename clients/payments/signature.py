"""Webhook signatures in Stripe's scheme: `t=SECONDS,v1=HMAC` over the time and the raw body.

https://docs.stripe.com/webhooks#verify-manually
"""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

TOLERANCE_SECONDS = 300
"""How far the signed time may differ from ours, in either direction."""
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


class InvalidWebhook(Exception):
    """A webhook was rejected; the message says why, without its content or a secret."""


def sign(body: bytes, secret: str, now: datetime) -> str:
    """The signature header that a provider with this secret sends with the body."""
    seconds = str(int(now.timestamp()))
    return f"t={seconds},v1={_signature(seconds, body, secret)}"


def verify(body: bytes, header: str, *, secrets: Sequence[str], now: datetime) -> None:
    """Raise `InvalidWebhook` unless one of the secrets signed this body recently."""
    elements = [element.partition("=") for element in header.split(",")]
    times = [value for name, _, value in elements if name == "t"]
    signatures = [value.encode(errors="replace") for name, _, value in elements if name == "v1"]
    if len(times) != 1 or not _SECONDS.fullmatch(times[0]):
        raise InvalidWebhook("the signature has no time")
    if abs(now.timestamp() - int(times[0])) > TOLERANCE_SECONDS:
        raise InvalidWebhook("the signature is too old or from the future")
    expected = [_signature(times[0], body, secret).encode() for secret in secrets]
    # Every pair is compared, so that the time taken does not reveal which one matched.
    matches = [hmac.compare_digest(one, other) for one in expected for other in signatures]
    if not any(matches):
        raise InvalidWebhook("the signature does not match")


def _signature(seconds: str, body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), b"%s.%s" % (seconds.encode(), body), sha256).hexdigest()
