"""What pages of other origins may ask, as browsers check it before and after they ask (CORS).

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from collections.abc import Awaitable, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.exchange import exchange_of
from app.graphql.forgery import PREFLIGHT_FIELDS
from app.graphql.origins import LOCAL_ORIGINS, AllowedOrigins

_REQUEST_FIELDS = (
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
_TRACING_FIELDS = (
    "b3",
    "baggage",
    "sentry-trace",
    "traceparent",
    "tracestate",
    "uber-trace-id",
    "X-B3-Flags",
    "X-B3-ParentSpanId",
    "X-B3-Sampled",
    "X-B3-SpanId",
    "X-B3-TraceId",
    "X-Datadog-Origin",
    "X-Datadog-Parent-Id",
    "X-Datadog-Sampled",
    "X-Datadog-Sampling-Priority",
    "X-Datadog-Tags",
    "X-Datadog-Trace-Id",
)
"""What observability tools in pages add to every request."""
_EXPOSED_FIELDS = ("RateLimit", "RateLimit-Policy", "Retry-After", "Server-Timing", "X-Request-ID")
_MAX_AGE_SECONDS = 600


def with_cors(
    app: ASGIApp, allowed: AllowedOrigins, allowed_headers: Sequence[str] = ()
) -> ASGIApp:
    """The application, which the pages of `allowed` may ask and read.

    They send their credential themselves: there is no cookie. `allowed_headers` may be sent beside
    those that we read, and those of tracing tools.
    """
    if not (allowed.listed or allowed.allows_local):
        return app
    checked = CORSMiddleware(
        app,
        allow_origins=sorted(allowed.listed),
        allow_origin_regex=LOCAL_ORIGINS if allowed.allows_local else None,
        allow_methods=("GET", "POST"),
        allow_headers=(*_REQUEST_FIELDS, *_TRACING_FIELDS, *allowed_headers),
        expose_headers=_EXPOSED_FIELDS,
        max_age=_MAX_AGE_SECONDS,
    )

    def of_pages(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """What no page sends goes past."""
        is_of_page = scope["type"] == "http" and b"origin" in exchange_of(scope).head.fields
        return (checked if is_of_page else app)(scope, receive, send)

    return of_pages
