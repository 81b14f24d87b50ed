"""Ignores upgrades to protocols that are not served (RFC 9110, 7.8)."""

from collections.abc import Sequence

_UPGRADE_FIELDS = frozenset({b"upgrade", b"http2-settings"})


def head_without_upgrade(
    method: bytes, target: bytes, fields: Sequence[tuple[bytes, bytes]]
) -> bytes:
    """The bytes of an HTTP/1.1 head, without its upgrade."""
    lines = [method + b" " + target + b" HTTP/1.1"]
    for name, value in fields:
        if name == b"connection":
            tokens = [token.strip() for token in value.split(b",")]
            kept = [token for token in tokens if token.lower() not in _UPGRADE_FIELDS]
            lines.append(b"connection: " + b", ".join(kept))
        elif name not in _UPGRADE_FIELDS:
            lines.append(name + b": " + value)
    return b"\r\n".join(lines) + b"\r\n\r\n"
