"""Which pages may open a WebSocket: browsers let every page do that, and say which (RFC 6455)."""

from collections.abc import Collection
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def may_connect(origin: str | None, host: str | None, allowed: Collection[str]) -> bool:
    """Whether a page of `origin` may connect to `host`: its own, or any that lists the origin.

    What sends no origin is no browser, and carries no credentials that it was not given.
    """
    if origin is None or origin.lower().rstrip("/") in allowed:
        return True
    scheme = urlsplit(origin).scheme.lower()
    ours = _place(f"{scheme}://{host}") if host else None
    return ours is not None and _place(origin) == ours


def _place(origin: str) -> tuple[str, int] | None:
    """Host and port; None where either cannot be told, as with the origin `null`."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None
