"""Carries the requests of Stripe's library over the HTTP client that the product has anyway."""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Self

import httpx2
import stripe

from clients.bounded import PLAIN, UnreadableAnswer, bounded_body
from clients.tls import authorities
from spans.attribution import attributed
from spans.part import Kind, Part

CONNECT_SECONDS = 5
LARGEST_ANSWER_BYTES = 4_000_000
"""Several times a page of a hundred payment intents."""
_NOTHING_WAS_DONE = frozenset({408, 429})
LONGEST_WAIT_SECONDS = 60
_REQUEST = Part(Kind.PAYMENTS, "stripe")
_SHOULD_RETRY = "stripe-should-retry"
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_asked_to_wait: ContextVar[int] = ContextVar("asked_to_wait", default=0)


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
        """One attempt; raises the library's own error when there is no answer that can be read."""
        _asked_to_wait.set(0)
        return await attributed(_REQUEST, self._request(method, url, headers, post_data))

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            async with self._http.stream(
                method, url, headers={**headers, **PLAIN}, content=post_data
            ) as answer:
                content = await bounded_body(answer, LARGEST_ANSWER_BYTES)
        except (httpx2.HTTPError, UnreadableAnswer) as error:
            kind, is_worth_it = type(error).__name__, isinstance(error, httpx2.HTTPError)
            failure = stripe.APIConnectionError(kind, should_retry=is_worth_it)  # type: ignore[no-untyped-call]  # the library's own
            raise failure from error
        # The library fails in ways of its own on a body that is not UTF-8.
        content = content.decode(errors="replace").encode()
        return content, answer.status_code, _with_advice(answer)

    async def sleep_async(self, secs: float) -> None:
        """Wait before the next attempt, as long as the last answer asked for."""
        await self._sleep(max(secs, _asked_to_wait.get()))


def _with_advice(answer: httpx2.Response) -> Mapping[str, str]:
    """The header of an answer, with the advice to try again where nothing was done.

    The library repeats what met a conflict or a failure of Stripe's, and what came too often, too
    slowly or upon a lock only where Stripe says so, although the same key makes it as harmless.
    """
    if answer.status_code not in _NOTHING_WAS_DONE:
        return answer.headers
    asked = answer.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(asked):
        _asked_to_wait.set(min(int(asked), LONGEST_WAIT_SECONDS))
    return httpx2.Headers({_SHOULD_RETRY: "true", **answer.headers})
