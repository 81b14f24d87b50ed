"""Links that need no sign-in: made from a secret, so that the database alone opens nothing.

The token of an export is derived from the archive's random name. It is told again whenever its
owner asks, while the database keeps its hash alone. That of a receipt names its request.
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
    """Makes links below `base_url`; without one they are relative to the API's address.

    `read_secret` is asked at each use, since most processes make none.
    """

    def __init__(self, read_secret: Callable[[], bytes], *, base_url: str | None) -> None:
        self._read_secret = read_secret
        self._base_url = base_url or ""

    def export_url(self, file_name: str) -> str:
        """Where an archive is fetched."""
        return f"{self._base_url}{EXPORTS}/{self.export_token(file_name)}"

    def export_token(self, file_name: str) -> str:
        """What opens an archive."""
        return self._mac(f"export:{file_name}")

    def receipt_url(self, request_id: int) -> str:
        """Where the receipt of an erasure is read, once there is one."""
        return f"{self._base_url}{RECEIPTS}/{self.receipt_token(request_id)}"

    def receipt_token(self, request_id: int) -> str:
        """What opens the receipt of a request."""
        return f"{request_id}.{self._mac(f'receipt:{request_id}')}"

    def request_of_receipt(self, token: str) -> int | None:
        """The request whose receipt a token opens; None for one that is not ours."""
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
    """What the database knows of a token."""
    return sha256(token.encode(errors="replace")).digest()
