"""Cross-origin resource sharing (CORS): which web pages may call the API and read its responses.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from collections.abc import Awaitable, Sequence

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.csrf import PREFLIGHT_FIELDS
from app.http.exchange import exchange_of
from app.http.origins import LOCAL_ORIGINS, AllowedOrigins, origin_refusal

_REQUEST_FIELDS = (
    "Apollographql-Client-Name",
    "Apollographql-Client-Version",
    "Authorization",
    "Consistency-Token",
    "Content-Type",
    "GraphQL-Client-Name",
    "GraphQL-Cost",
    "If-None-Match",
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
"""Fields that browser tracing tools add to every request."""
_EXPOSED_FIELDS = (
    "Consistency-Token",
    "ETag",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Server-Timing",
    "X-Request-ID",
)
_MAX_AGE_SECONDS = 600


class _ExplainingCORSMiddleware(CORSMiddleware):
    """Says in a refused preflight which setting would allow the origin."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """The response to a preflight."""
        response = super().preflight_response(request_headers)
        origin = request_headers["origin"]
        if self.is_allowed_origin(origin):
            return response
        return _refused_preflight(origin)


async def refuse_preflight(request: Request) -> Response:
    """Answer an OPTIONS request where no page of another origin may ask."""
    origin = request.headers.get("origin")
    if origin is None:
        raise HTTPException(405, headers={"allow": "GET, POST"})
    return _refused_preflight(origin)


def _refused_preflight(origin: str) -> Response:
    return PlainTextResponse(f"{origin_refusal(origin)}\n", 400, {"vary": "Origin"})


def with_cors(
    app: ASGIApp, allowed: AllowedOrigins, allowed_headers: Sequence[str] = ()
) -> ASGIApp:
    """The application with CORS for pages of the `allowed` origins; unchanged if there are none.

    There are no cookies, so no credentials mode. `allowed_headers` are allowed in addition to the
    fields that we read and those of tracing tools.
    """
    if not (allowed.listed or allowed.allows_local):
        return app
    checked = _ExplainingCORSMiddleware(
        app,
        allow_origins=sorted(allowed.listed),
        allow_origin_regex=LOCAL_ORIGINS if allowed.allows_local else None,
        allow_methods=("GET", "POST"),
        allow_headers=(*_REQUEST_FIELDS, *_TRACING_FIELDS, *allowed_headers),
        expose_headers=_EXPOSED_FIELDS,
        max_age=_MAX_AGE_SECONDS,
    )

    def of_pages(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Skip the CORS middleware for requests without an Origin."""
        is_of_page = scope["type"] == "http" and b"origin" in exchange_of(scope).head.fields
        return (checked if is_of_page else app)(scope, receive, send)

    return of_pages
