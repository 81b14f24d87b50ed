"""Recognises the routers of a supergraph, which write the texts of what they ask.

A router has a key, or a client certificate that a trusted proxy has verified and passes on (RFC
9440). Its identity lets its texts run; whose data they may read is its caller's credential to say.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Container, Iterable, Mapping
from hashlib import sha256

from app.authentication.authenticator import NotAuthenticated
from services.callers.principal import Router

KEY_FIELD, CERTIFICATE_FIELD = "x-router-key", "client-cert"
_BYTES = re.compile(r"\s*:([A-Za-z0-9+/=]*):\s*", re.ASCII)
"""A byte sequence of a structured field: https://www.rfc-editor.org/rfc/rfc9651#name-byte-sequences"""
_NAME_DIGITS = 12


class Routers:
    """The routers that are known, by the SHA-256 of their keys and certificates.

    A certificate counts only if `proxies` has the address of the peer that sent the request.
    """

    def __init__(
        self, keys: Iterable[str], certificates: Iterable[str], proxies: Container[object]
    ) -> None:
        self._keys = {sha256(key.encode()).hexdigest() for key in keys}
        self._certificates = frozenset(certificates)
        self._proxies = proxies

    def identify(self, headers: Mapping[str, str], peer: str | None) -> Router | None:
        """The router that sent a request, if one did; raises `NotAuthenticated` for a wrong key."""
        key = headers.get(KEY_FIELD)
        if key is not None:
            return _known(key.strip().encode("latin-1"), self._keys, "key")
        certificate = headers.get(CERTIFICATE_FIELD)
        if certificate is None or not self._certificates or peer not in self._proxies:
            return None
        return _known(_der_of(certificate), self._certificates, "certificate")

    def has_key(self, fields: Mapping[bytes, bytes]) -> bool:
        """Whether the header fields have the key of a router."""
        key = fields.get(KEY_FIELD.encode())
        return key is not None and sha256(key.strip()).hexdigest() in self._keys


def _known(credential: bytes, digests: Container[str], kind: str) -> Router:
    digest = sha256(credential).hexdigest()
    if digest not in digests:
        raise NotAuthenticated(f"The router's {kind} is not known.")
    return Router(digest[:_NAME_DIGITS])


def _der_of(field: str) -> bytes:
    """The certificate in a header field; empty if there is none, which is nobody's."""
    match = _BYTES.fullmatch(field)
    try:
        return b64decode(match[1], validate=True) if match else b""
    except NotBase64:
        return b""
