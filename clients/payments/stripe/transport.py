"""Sends the requests of Stripe's library with our HTTP client."""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Self

import httpx2
import stripe

from clients.bounded_body import UNCOMPRESSED, UnreadableBody, bounded_body
from clients.tls import tls_context
from spans.attribution import attributed
from spans.current import propagated_fields
from spans.part import Kind, Part

CONNECT_SECONDS = 5
LARGEST_RESPONSE_BYTES = 4_000_000
"""Several times the size of a page of a hundred payment intents."""
_NOT_PROCESSED_STATUSES = frozenset({408, 429})
LONGEST_WAIT_SECONDS = 60
_REQUEST = Part(Kind.PAYMENTS, "stripe")
_SHOULD_RETRY = "stripe-should-retry"
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_retry_after_seconds: ContextVar[int] = ContextVar("retry_after_seconds", default=0)


class StripeTransport(stripe.HTTPClient):
    """Sends asynchronous requests; the library decides about retries, and waits with `sleep`.

    `timeout_seconds` limits each wait for the network within an attempt.
    """

    name = "httpx2"

    def __init__(
        self, *, timeout_seconds: float, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        super().__init__()
        self._timeout = httpx2.Timeout(timeout_seconds, connect=CONNECT_SECONDS)
        self._sleep = sleep

    async def __aenter__(self) -> Self:
        self._http = httpx2.AsyncClient(
            timeout=self._timeout, follow_redirects=False, verify=tls_context()
        )
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def request_async(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: str | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Make one attempt; raises the library's own error if there is no readable response."""
        _retry_after_seconds.set(0)
        return await attributed(_REQUEST, self._request(method, url, headers, post_data))

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            async with self._http.stream(
                method,
                url,
                headers={**headers, **UNCOMPRESSED, **propagated_fields()},
                content=post_data,
            ) as response:
                content = await bounded_body(response, LARGEST_RESPONSE_BYTES)
        except (httpx2.HTTPError, UnreadableBody) as error:
            kind, should_retry = type(error).__name__, isinstance(error, httpx2.HTTPError)
            failure = stripe.APIConnectionError(kind, should_retry=should_retry)  # type: ignore[no-untyped-call]  # the library's own
            raise failure from error
        # The library raises unexpected errors for a body that is not UTF-8.
        content = content.decode(errors="replace").encode()
        return content, response.status_code, _with_retry_advice(response)

    async def sleep_async(self, secs: float) -> None:
        """Wait before the next attempt, at least as long as the last response asked for."""
        await self._sleep(max(secs, _retry_after_seconds.get()))


def _with_retry_advice(response: httpx2.Response) -> Mapping[str, str]:
    """The headers of a response, with the advice to retry if the request was not processed.

    By itself the library retries after conflicts and server errors. After time-outs and too many
    requests it retries only if Stripe advises it, although the same key makes that harmless too.
    """
    if response.status_code not in _NOT_PROCESSED_STATUSES:
        return response.headers
    header = response.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(header):
        _retry_after_seconds.set(min(int(header), LONGEST_WAIT_SECONDS))
    return httpx2.Headers({_SHOULD_RETRY: "true", **response.headers})
