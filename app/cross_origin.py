"""What pages of other origins may ask, as browsers check it before and after they ask (CORS).

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from collections.abc import Collection

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from app.graphql.forgery import PREFLIGHT_FIELDS

_SENT = (
    "Apollographql-Client-Name",
    "Apollographql-Client-Version",
    "Authorization",
    "Content-Type",
    "GraphQL-Client-Name",
    "GraphQL-Cost",
    "Last-Event-ID",
    "X-API-Key",
    "X-Request-ID",
    *PREFLIGHT_FIELDS,
)
_READ = ("RateLimit", "RateLimit-Policy", "Retry-After", "Server-Timing", "X-Request-ID")
_REMEMBERED_SECONDS = 600


def cross_origin(app: ASGIApp, allowed_origins: Collection[str]) -> ASGIApp:
    """The application, which the pages of `allowed_origins` may ask and read.

    They send their credential themselves: there is no cookie.
    """
    if not allowed_origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=sorted(allowed_origins),
        allow_methods=("GET", "POST"),
        allow_headers=_SENT,
        expose_headers=_READ,
        max_age=_REMEMBERED_SECONDS,
    )
