"""Which pages may ask: browsers send what any page wants sent, and say which (RFC 6454)."""

import re
from collections.abc import Collection, Container
from urllib.parse import urlsplit

LOCAL_ORIGINS = r"https?://(([a-z0-9-]+\.)?localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?"
"""Origins of the machine itself."""
_LOCAL = re.compile(LOCAL_ORIGINS)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class AllowedOrigins(Container[str]):
    """Origins that are listed; with `allows_local` those of the machine itself too."""

    def __init__(self, listed: Collection[str] = (), *, allows_local: bool = False) -> None:
        self.listed = frozenset(listed)
        self.allows_local = allows_local

    def __contains__(self, origin: object) -> bool:
        """Whether it may ask."""
        if origin in self.listed:
            return True
        return (
            self.allows_local and isinstance(origin, str) and _LOCAL.fullmatch(origin) is not None
        )


def is_origin_allowed(origin: str | None, host: str | None, allowed: Container[str]) -> bool:
    """Whether a page of `origin` may connect to `host`: its own, or any that lists the origin.

    What sends no origin is no browser, and carries no credentials that it was not given.
    """
    if origin is None or origin.lower().rstrip("/") in allowed:
        return True
    asking = _place(origin)
    scheme = origin.partition(":")[0]
    return asking is not None and bool(host) and asking == _place(f"{scheme}://{host}")


def _place(origin: str) -> tuple[str, int] | None:
    """Host and port; None where either cannot be told, as with the origin `null`."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None
