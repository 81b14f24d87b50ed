"""The identity provider's public keys (RFC 7517), fetched when needed and kept for a while."""

import asyncio
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Self

import httpx2
import orjson
import structlog
from jwt import PyJWK
from jwt.api_jwk import PyJWKSet
from jwt.exceptions import PyJWKError, PyJWKSetError

from clients.tls import authorities

FRESH_SECONDS = 300
"""How long fetched keys are used without asking again."""
RETRY_SECONDS = 10
"""How long an unknown key id, or a provider that fails, is not asked about again."""
_TIMEOUT_SECONDS = 5
_LARGEST_BYTES = 1_000_000
_log = structlog.get_logger("guidance.key_set")


class UnknownKey(Exception):
    """The provider has no key of this id."""


class KeySetUnavailable(Exception):
    """No keys are known and the provider cannot be reached."""


class KeySet:
    """The keys at `url`; `seconds` gives a clock that only runs forward.

    Keys outlive a provider that does not answer: old ones are used until new ones can be had.
    A key id that is not known fetches the keys again, at most every ten seconds, so that a
    rotation is noticed and invented ids cost the provider nothing.
    """

    def __init__(self, url: str, *, seconds: Callable[[], float] = monotonic) -> None:
        self._url = url
        self._seconds = seconds
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._fetching = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._http = httpx2.AsyncClient(
            timeout=_TIMEOUT_SECONDS, follow_redirects=False, verify=authorities()
        )
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def key(self, kid: str) -> PyJWK:
        """The key with the id `kid`; raises `UnknownKey` and `KeySetUnavailable`."""
        if not self._is_enough(kid):
            async with self._fetching:
                if not self._is_enough(kid):
                    await self._refresh()
        if self._fetched_at is None:
            raise KeySetUnavailable
        try:
            return self._keys[kid]
        except KeyError:
            raise UnknownKey from None

    def _is_enough(self, kid: str) -> bool:
        """Whether asking the provider now is unneeded, or too soon."""
        now = self._seconds()
        if self._asked_at is not None and now - self._asked_at < RETRY_SECONDS:
            return True
        is_fresh = self._fetched_at is not None and now - self._fetched_at < FRESH_SECONDS
        return is_fresh and kid in self._keys

    async def _refresh(self) -> None:
        try:
            answer = await self._http.get(self._url)
            answer.raise_for_status()
            self._keys = _keys(answer.content)
        except (httpx2.HTTPError, ValueError, PyJWKError, PyJWKSetError) as error:
            _log.warning("the key set cannot be fetched", reason=type(error).__name__)
        else:
            self._fetched_at = self._seconds()
        finally:
            # Only now, so that whoever asks meanwhile waits for this answer.
            self._asked_at = self._seconds()


def _keys(content: bytes) -> dict[str, PyJWK]:
    if len(content) > _LARGEST_BYTES:
        raise ValueError("the key set is too large")
    published = orjson.loads(content)
    if not isinstance(published, dict):
        raise ValueError("the key set is no object")  # noqa: TRY004 - it came from outside
    keys = PyJWKSet.from_dict(published).keys
    return {key.key_id: key for key in keys if key.key_id is not None}
