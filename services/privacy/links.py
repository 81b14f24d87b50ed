"""Links that need no sign-in: their tokens are made with a secret that is not in the database.

The token of an export is derived from the archive's random name, so it can be shown again to its
owner although the database stores only its hash. The token of a receipt contains the request id.
"""

import hmac
from binascii import b2a_base64
from collections.abc import Callable
from hashlib import sha256

EXPORTS, RECEIPTS = "/exports", "/receipts"
_LARGEST_ID = 2**63 - 1
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_MOST_DIGITS = 19


class Links:
    """Makes links below `base_url`; without one, they are relative to the API's address.

    `read_secret` is called at each use, since most processes never make a link.
    """

    def __init__(self, read_secret: Callable[[], bytes], *, base_url: str | None) -> None:
        self._read_secret = read_secret
        self._base_url = base_url or ""

    def export_url(self, file_name: str) -> str:
        """The link to download an archive."""
        return f"{self._base_url}{EXPORTS}/{self.export_token(file_name)}"

    def export_token(self, file_name: str) -> str:
        """The token of an archive's link."""
        return self._mac(f"export:{file_name}")

    def receipt_url(self, request_id: int) -> str:
        """The link to the receipt of an erasure, which works once it is completed."""
        return f"{self._base_url}{RECEIPTS}/{self.receipt_token(request_id)}"

    def receipt_token(self, request_id: int) -> str:
        """The token of a receipt's link."""
        return f"{request_id}.{self._mac(f'receipt:{request_id}')}"

    def request_id_of_receipt(self, token: str) -> int | None:
        """The request id in a receipt's token; None if the token is not valid."""
        number = token.partition(".")[0]
        is_number = number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS
        if not is_number or int(number) > _LARGEST_ID:
            return None
        ours = self.receipt_token(int(number)).encode()
        is_ours = hmac.compare_digest(ours, token.encode(errors="replace"))
        return int(number) if is_ours else None

    def _mac(self, text: str) -> str:
        mac = hmac.digest(self._read_secret(), text.encode(), "sha256")
        return b2a_base64(mac, newline=False).translate(_URL_SAFE).decode().rstrip("=")


def token_hash(token: str) -> bytes:
    """The hash of a token, as the database stores it."""
    return sha256(token.encode(errors="replace")).digest()
