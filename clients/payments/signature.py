"""Signatures of webhooks, in Stripe's scheme: `t=SECONDS,v1=HMAC` over the time and the raw body.

https://docs.stripe.com/webhooks#verify-manually
"""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

TOLERANCE_SECONDS = 300
"""How far the signed time may be from ours, in either direction."""
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


class InvalidWebhook(Exception):
    """A webhook that is not taken; the message says why, and holds nothing of it or of a secret."""


def sign(body: bytes, secret: str, now: datetime) -> str:
    """The header that a provider with this secret sends along with the body."""
    seconds = str(int(now.timestamp()))
    return f"t={seconds},v1={_signature(seconds, body, secret)}"


def verify(body: bytes, header: str, *, secrets: Sequence[str], now: datetime) -> None:
    """Raise `InvalidWebhook` unless the header was made lately for this body with a secret."""
    elements = [element.partition("=") for element in header.split(",")]
    times = [value for name, _, value in elements if name == "t"]
    signatures = [value.encode(errors="replace") for name, _, value in elements if name == "v1"]
    if len(times) != 1 or not _SECONDS.fullmatch(times[0]):
        raise InvalidWebhook("the signature has no time")
    if abs(now.timestamp() - int(times[0])) > TOLERANCE_SECONDS:
        raise InvalidWebhook("the signature is too old or from the future")
    wanted = [_signature(times[0], body, secret).encode() for secret in secrets]
    # Every pair is compared, so that the time taken does not tell which secret came close.
    matches = [hmac.compare_digest(one, other) for one in wanted for other in signatures]
    if not any(matches):
        raise InvalidWebhook("the signature does not match")


def _signature(seconds: str, body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), b"%s.%s" % (seconds.encode(), body), sha256).hexdigest()
