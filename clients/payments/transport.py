"""Carries the requests of Stripe's library over the HTTP client that the product has anyway."""

from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

import httpx2
import stripe

from clients.tls import authorities

CONNECT_SECONDS = 5


class StripeTransport(stripe.HTTPClient):
    """Asynchronous requests; the library itself decides on retries, and waits by `sleep`.

    `timeout_seconds` bounds each wait for the network within an attempt.
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
            timeout=self._timeout, follow_redirects=False, verify=authorities()
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
        """One attempt; raises the library's own error when there is no answer."""
        try:
            answer = await self._http.request(method, url, headers=headers, content=post_data)
        except httpx2.HTTPError as error:
            kind = type(error).__name__
            failure = stripe.APIConnectionError(kind, should_retry=True)  # type: ignore[no-untyped-call]  # the library's own
            raise failure from error
        # The library fails in ways of its own on a body that is not UTF-8.
        content = answer.content.decode(errors="replace").encode()
        return content, answer.status_code, answer.headers

    async def sleep_async(self, secs: float) -> None:
        """Wait before the next attempt."""
        await self._sleep(secs)
