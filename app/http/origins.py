"""Which origins are allowed to call the API (RFC 6454)."""

import re
from collections.abc import Collection, Container
from urllib.parse import urlsplit

LOCAL_ORIGINS = r"https?://(([a-z0-9-]+\.)?localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?"
"""A pattern of origins on the local machine."""
_LOCAL = re.compile(LOCAL_ORIGINS)
_LONGEST_SHOWN = 200
_DEFAULT_PORTS = {"http": 80, "https": 443}


class AllowedOrigins(Container[str]):
    """Listed origins, and with `allows_local` those of the local machine."""

    def __init__(self, listed: Collection[str] = (), *, allows_local: bool = False) -> None:
        self.listed = frozenset(listed)
        self.allows_local = allows_local

    def __contains__(self, origin: object) -> bool:
        """Whether the origin is allowed."""
        if origin in self.listed:
            return True
        return (
            self.allows_local and isinstance(origin, str) and _LOCAL.fullmatch(origin) is not None
        )


def is_origin_allowed(origin: str | None, host: str | None, allowed: Container[str]) -> bool:
    """Whether a request with this Origin to `host` is allowed: same origin, or in `allowed`.

    A request without an Origin is allowed, as it does not come from a page.
    """
    if origin is None or origin.lower().rstrip("/") in allowed:
        return True
    asking = _place(origin)
    scheme = origin.partition(":")[0]
    return asking is not None and bool(host) and asking == _place(f"{scheme}://{host}")


def origin_refusal(origin: str | None) -> str:
    """What to tell whoever looks for the reason: the setting, and what to write into it."""
    shown = origin if origin and _place(origin) and len(origin) <= _LONGEST_SHOWN else None
    if shown is None:
        return "Pages without an origin may not ask: open the page from a server, not from a file."
    name = shown.lower().rstrip("/")
    return (
        f"Pages of {name} may not ask. To let them, list the origin where the server runs: "
        f"GRAPHQL_ALLOWED_ORIGINS={name}"
    )


def is_local_host(host: str) -> bool:
    """Whether a Host field names the local machine."""
    return _LOCAL.fullmatch(f"http://{host.lower()}") is not None


def _place(origin: str) -> tuple[str, int] | None:
    """Host and port; None if there are none, as in the origin `null`."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None
