"""Redis behind a breaker: its trouble costs a request some milliseconds once, and then nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar

import structlog
from redis.exceptions import RedisError

from cache.patience import Patience
from cache.records import Entry, Fill, StoreAway
from cache.redis import RedisStore
from cache.undelivered import Undelivered
from metrics.cache import CacheMetrics

CONNECTIONS = 16
"""The connections that are opened to Redis, and the operations that run at the same time."""
_PATIENCE_SECONDS = 0.05
_SLOW_SECONDS = 0.01
_SLOW_IN_A_ROW = 3
_PROBE_SECONDS = 0.1
CONNECT_SECONDS = 1.0
"""How long opening connections may take, in which nobody waits for them."""

T = TypeVar("T")
_log = structlog.get_logger("guidance.cache")


class ShelteredStore:
    """`async with ShelteredStore(store, metrics)`: the store, left alone whenever it fails.

    The first operation that fails or takes longer than `patience_seconds` makes it away, and so
    does the third in a row that takes longer than `slow_seconds`: a read waits for two at most.
    Nobody asks it then but a task in the background, every `probe_seconds`. Before it is back it
    has connections again, is not slow, trusts nothing of before, and knows of every invalidation
    that could not be delivered.
    """

    def __init__(
        self,
        store: RedisStore,
        metrics: CacheMetrics,
        *,
        patience_seconds: float = _PATIENCE_SECONDS,
        slow_seconds: float = _SLOW_SECONDS,
        probe_seconds: float = _PROBE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._patience_seconds = patience_seconds
        self._slow_seconds = slow_seconds
        self._slow_in_a_row = 0
        self._probe_seconds = probe_seconds
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._undelivered = Undelivered(clock)
        self._is_away = True
        self._probe: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Try to reach the store once; whatever comes of it, the cache can be used."""
        if not await self._is_brought_back():
            self._lose("connect", "unreachable")
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._probe is not None:
            self._probe.cancel()
            with suppress(asyncio.CancelledError):
                await self._probe

    def peek(self, _key: str) -> None:
        """Nothing is known here."""

    async def read(self, keys: Sequence[str]) -> list[Entry | None]:
        """Give what each key has; raises `StoreAway`."""
        return await self._ask("read", lambda: self._store.read(keys))

    async def lease(self, refused: Mapping[str, bytes]) -> list[Entry]:
        """Give what each key has then, after leasing some; raises `StoreAway`."""
        return await self._ask("lease", lambda: self._store.lease(refused))

    async def fill(self, fills: Sequence[Fill]) -> int:
        """Keep the values whose lease still stands; raises `StoreAway`."""
        return await self._ask("fill", lambda: self._store.fill(fills))

    async def forget(self, keys: Sequence[str]) -> None:
        """Take away values and leases, or remember to do so before anything is trusted again.

        Never raises: this instance serves nothing of before in either case. Others may until the
        lifetime of their values ends, if they did not notice that the store was away.
        """
        try:
            await self._ask("forget", lambda: self._store.forget(keys))
        except StoreAway:
            self._undelivered.add(keys)
            self._metrics.undelivered(len(keys))

    async def is_here(self) -> bool:
        """Whether the store answers now."""
        try:
            await self._ask("ping", self._store.ping)
        except StoreAway:
            return False
        return True

    async def _ask(self, operation: str, call: Callable[[], Awaitable[T]]) -> T:
        if self._is_away:
            raise StoreAway
        async with self._slots:
            if self._is_away:
                raise StoreAway
            try:
                async with self._patience() as patience:
                    answer = await call()
            except (RedisError, OSError, TimeoutError) as error:
                self._metrics.failed(operation)
                self._lose(operation, type(error).__name__)
                raise StoreAway from error
        self._slow_in_a_row = self._slow_in_a_row + 1 if patience.is_slow else 0
        if self._slow_in_a_row == _SLOW_IN_A_ROW:
            self._metrics.failed(operation)
            self._lose(operation, "slow")
        return answer

    def _patience(self) -> Patience:
        return Patience(self._patience_seconds, slow_seconds=self._slow_seconds)

    def _lose(self, operation: str, reason: str) -> None:
        self._is_away = True
        if self._probe is None or self._probe.done():
            _log.warning("the cache's store is away", operation=operation, reason=reason)
            self._probe = asyncio.create_task(self._bring_back())

    async def _bring_back(self) -> None:
        while True:
            await asyncio.sleep(self._probe_seconds)
            if await self._is_brought_back():
                _log.info("the cache's store is back")
                return

    async def _is_brought_back(self) -> bool:
        """Connect, distrust what is older, deliver what is undelivered, and only then be back."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._store.ping()
                await asyncio.gather(*(self._store.ping() for _ in range(CONNECTIONS)))
            async with self._patience() as patience:
                await self._store.synchronize()
            if patience.is_slow:
                return False
            while keys := self._undelivered.some():
                async with self._patience():
                    await self._store.forget(list(keys))
                self._undelivered.delivered(keys)
        except (RedisError, OSError, TimeoutError):
            return False
        self._slow_in_a_row = 0
        self._is_away = False
        return True
