"""The identity provider's public keys (RFC 7517), fetched on demand and cached."""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context
from ipaddress import ip_address
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx2
import orjson
import structlog
from jwt import PyJWK

from app.authentication.published_keys import KeyName, keys_by_name
from clients.bounded_body import UNCOMPRESSED, bounded_body
from clients.tls import tls_context

FRESH_SECONDS = 300
"""How long fetched keys are used without asking again."""
STALE_SECONDS = 3_600
"""How long they are used while new ones are fetched; older ones are not used any more."""
RETRY_SECONDS = 10
"""The least time between two fetches, after an unknown key id or a failure."""
DEADLINE_SECONDS = 5.0
"""How long a fetch may take, from looking up the name to the last byte."""
LARGEST_BYTES = 1_000_000
_log = structlog.get_logger("guidance.key_set")


class UnknownKey(Exception):
    """The provider has no key with this id for this algorithm."""


class KeySetUnavailable(Exception):
    """No keys are known and the provider cannot be reached."""


class KeySet:
    """The keys at `url`; `seconds` gives a clock that only runs forward.

    Cached keys are used while the provider does not answer. An unknown key id causes a fetch, at
    most every ten seconds: so a rotation is noticed, and invented ids do not flood the provider.
    """

    def __init__(
        self,
        url: str,
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._url = url
        self._deadline_seconds = deadline_seconds
        self._seconds = seconds
        self._keys: dict[KeyName, tuple[PyJWK, ...]] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if _is_insecure(self._url):
            _log.warning("the key set comes over plain http: who can change it signs in as anybody")
        self._http = httpx2.AsyncClient(
            timeout=self._deadline_seconds,
            follow_redirects=False,
            verify=tls_context(),
            headers=UNCOMPRESSED,
        )
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])
        await self._http.aclose()

    async def keys(self, kid: str, algorithm: str) -> Sequence[PyJWK]:
        """The keys with the id `kid` that may sign with `algorithm`: one or more.

        Raises `UnknownKey` and `KeySetUnavailable`. Waits for the provider only if no cached key
        is usable, and never longer than one fetch.
        """
        name = kid, algorithm
        now = self._seconds()
        age = float("inf") if self._fetched_at is None else now - self._fetched_at
        is_usable = name in self._keys and age < STALE_SECONDS
        if (not is_usable or age >= FRESH_SECONDS) and self._may_ask(now):
            fetching = self._fetch()
            if not is_usable:
                await asyncio.wait([fetching])
        if self._fetched_at is None:
            raise KeySetUnavailable
        try:
            return self._keys[name]
        except KeyError:
            raise UnknownKey from None

    def _may_ask(self, now: float) -> bool:
        is_fetching = self._fetching is not None and not self._fetching.done()
        return is_fetching or self._asked_at is None or now - self._asked_at >= RETRY_SECONDS

    def _fetch(self) -> asyncio.Task[None]:
        """The running fetch, started if there is none; cancelling a request does not cancel it."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._refresh(), context=Context())
        return self._fetching

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(self._deadline_seconds):
                self._keys = await self._published()
        except Exception as error:  # noqa: BLE001 - a provider may answer with anything
            _log.warning("the key set cannot be fetched", reason=type(error).__name__)
        else:
            self._fetched_at = self._seconds()
        finally:
            # Only now, so that concurrent requests wait for this fetch.
            self._asked_at = self._seconds()

    async def _published(self) -> dict[KeyName, tuple[PyJWK, ...]]:
        async with self._http.stream("GET", self._url) as answer:
            answer.raise_for_status()
            return keys_by_name(orjson.loads(await bounded_body(answer, LARGEST_BYTES)))


def _is_insecure(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return False
    try:
        return not ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname != "localhost"
