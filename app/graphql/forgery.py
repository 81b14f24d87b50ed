"""Requests that a page of somebody else may have made its reader's browser send.

A browser sends those without asking the server first that any form or image could have sent. There
is no cookie of ours that would go with them; what they could do is to spend our time.
"""

from collections.abc import Container, Mapping
from urllib.parse import urlsplit

from app.graphql.origins import is_origin_allowed

PREFLIGHT_FIELDS = (
    "graphql-require-preflight",
    "apollo-require-preflight",
    "x-apollo-operation-name",
    "x-graphql-yoga-csrf",
)
"""Each, with any value, shows that the browser has asked, or that no browser is asking."""
_OWN_SITES = frozenset({"same-origin", "none"})


def may_be_forged(headers: Mapping[str, str], allowed_origins: Container[str]) -> bool:
    """Whether a request without a body may be the deed of another page.

    Browsers say where a request comes from in `Origin`, `Sec-Fetch-Site` or `Referer`; what says
    nothing of all that is a program, which nobody can make send something.
    """
    if is_json(headers) or any(headers.get(name) for name in PREFLIGHT_FIELDS):
        return False
    host, origin = headers.get("host"), headers.get("origin")
    if origin is not None:
        return not is_origin_allowed(origin, host, allowed_origins)
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in _OWN_SITES
    referer = headers.get("referer")
    return referer is not None and not is_origin_allowed(_origin_of(referer), host, allowed_origins)


def is_json(headers: Mapping[str, str]) -> bool:
    """Whether the body is said to be JSON, which no form can send."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}"
