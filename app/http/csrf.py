"""Protection against cross-site request forgery (CSRF).

Browsers send "simple" requests of any page without a preflight. As there are no cookies, such
requests would be anonymous; but they could spend the budget of the reader's address.
"""

from collections.abc import Container, Mapping
from urllib.parse import urlsplit

from app.http.origins import is_origin_allowed

PREFLIGHT_FIELDS = (
    "graphql-require-preflight",
    "apollo-require-preflight",
    "x-apollo-operation-name",
    "x-graphql-yoga-csrf",
)
"""Any of these proves that a browser made a preflight, or that the client is no browser."""
_OWN_SITES = frozenset({"same-origin", "none"})


def may_be_forged(headers: Mapping[str, str], allowed_origins: Container[str]) -> bool:
    """Whether a request without a body may have been caused by a page of another site.

    Browsers name the page's site in `Origin`, `Sec-Fetch-Site` or `Referer`. A request without any
    of them comes from a program, which a page cannot abuse.
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
    """Whether the content type is JSON, which no HTML form can send."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}"
