"""Links to the PDF of an invoice: for an hour, without signing in.

The token says which invoice it is for and until when, and is made with a secret that is not in the
database. So nothing is stored, and a link leads nowhere once the person was erased.
"""

import hmac
import re
from binascii import b2a_base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from db.states import OwnerKind
from services.clock import Clock

INVOICES = "/invoices"
LIFETIME = timedelta(hours=1)
_TOKEN = re.compile(r"([a-z]+)\.([0-9]{1,19})\.([0-9]{1,19})\.([0-9]{1,12})\.[-_A-Za-z0-9]{43}")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class InvoiceAddress:
    """An invoice, and whose it is."""

    owner_kind: OwnerKind
    owner_id: int
    invoice_id: int


class InvoiceLinkExpired(Exception):
    """The link was ours, and has expired."""


class InvoiceLinks:
    """Makes and reads links below `base_url`; without one, they are relative to the API's address.

    `read_secret` is called at each use, since most processes never make a link.
    """

    def __init__(
        self, read_secret: Callable[[], bytes], *, base_url: str | None, clock: Clock
    ) -> None:
        self._read_secret = read_secret
        self._base_url = base_url or ""
        self._clock = clock

    def url(self, address: InvoiceAddress) -> str:
        """A link that works for `LIFETIME`."""
        return f"{self._base_url}{INVOICES}/{self._token(address, self._clock() + LIFETIME)}"

    def address(self, token: str) -> InvoiceAddress | None:
        """The invoice of a token; None if it is not ours. Raises `InvoiceLinkExpired`."""
        matched = _TOKEN.fullmatch(token)
        if matched is None or matched[1] not in set(OwnerKind):
            return None
        owner_id, invoice_id, seconds = (int(matched[place]) for place in (2, 3, 4))
        if max(owner_id, invoice_id) > _LARGEST_ID:
            return None
        address = InvoiceAddress(OwnerKind(matched[1]), owner_id, invoice_id)
        try:
            expires_at = datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError):
            return None
        if not hmac.compare_digest(token, self._token(address, expires_at)):
            return None
        if expires_at <= self._clock():
            raise InvoiceLinkExpired
        return address

    def _token(self, address: InvoiceAddress, expires_at: datetime) -> str:
        kind, seconds = address.owner_kind, int(expires_at.timestamp())
        content = f"{kind}.{address.owner_id}.{address.invoice_id}.{seconds}"
        mac = hmac.digest(self._read_secret(), f"invoice:{content}".encode(), "sha256")
        text = b2a_base64(mac, newline=False).translate(_URL_SAFE).decode().rstrip("=")
        return f"{content}.{text}"
