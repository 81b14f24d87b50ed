"""A store with a circuit breaker: a slow or failing Redis is skipped."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar

from cache.pending_invalidations import PendingInvalidations
from cache.records import Entry, Fill, StoreUnavailable
from cache.redis import RedisStore
from keyvalue import CircuitBreaker, KeyValueError, LoopAwareTimeout
from keyvalue.breaker import PROBE_SECONDS
from metrics.cache import CacheMetrics

_TIMEOUT_SECONDS = 0.05
_SLOW_SECONDS = 0.01
_SLOW = "slow"
_SLOW_LIMIT = 3

T = TypeVar("T")


class CircuitBreakingStore:
    """`async with CircuitBreakingStore(store, metrics)`: the store, skipped while it fails.

    The circuit opens on the first operation that fails or takes longer than `timeout_seconds`, and
    on the third in a row that takes longer than `slow_seconds`. While it is open, only a probe asks
    the store. It closes when the store is quick, distrusts all entries from before, and has
    received every invalidation that could not be delivered.
    """

    def __init__(
        self,
        store: RedisStore,
        metrics: CacheMetrics,
        *,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        slow_seconds: float = _SLOW_SECONDS,
        probe_seconds: float = PROBE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._timeout_seconds = timeout_seconds
        self._slow_seconds = slow_seconds
        self._consecutive_slow = 0
        self._pending = PendingInvalidations(clock)
        self._breaker = CircuitBreaker("cache", self._recover, probe_seconds=probe_seconds)

    async def __aenter__(self) -> Self:
        """Try to reach the store once; the cache can be used even if that fails."""
        await self._breaker.start()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._breaker.stop()

    def peek(self, _key: str) -> None:
        """Always None: Redis has to be asked."""

    async def read(self, keys: Sequence[str]) -> list[Entry | None]:
        """The entry of each key; raises `StoreUnavailable`."""
        return await self._ask("read", lambda: self._store.read(keys))

    async def lease(self, refused: Mapping[str, bytes]) -> list[Entry]:
        """The entry of each key, after leasing some; raises `StoreUnavailable`."""
        return await self._ask("lease", lambda: self._store.lease(refused))

    async def fill(self, fills: Sequence[Fill]) -> int:
        """Store the values whose lease is valid, and return how many; raises `StoreUnavailable`."""
        return await self._ask("fill", lambda: self._store.fill(fills))

    async def forget(self, keys: Sequence[str]) -> None:
        """Invalidate keys now, or before the circuit closes again.

        Never raises: this instance serves no older value in either case. Another instance that did
        not notice the outage may, until the lifetime of the value ends.
        """
        try:
            await self._ask("forget", lambda: self._store.forget(keys))
        except StoreUnavailable:
            self._pending.add(keys)
            self._metrics.undelivered(len(keys))

    async def is_available(self) -> bool:
        """Whether the store answers now."""
        try:
            await self._ask("ping", self._store.ping)
        except StoreUnavailable:
            return False
        return True

    async def _ask(self, operation: str, call: Callable[[], Awaitable[T]]) -> T:
        if self._breaker.is_open:
            self._breaker.refuse()
            raise StoreUnavailable
        try:
            async with self._timeout() as timeout:
                answer = await call()
        except (KeyValueError, TimeoutError) as error:
            self._fail(operation, _reason_of(error))
            raise StoreUnavailable from error
        self._consecutive_slow = self._consecutive_slow + 1 if timeout.is_slow else 0
        if self._consecutive_slow == _SLOW_LIMIT:
            self._fail(operation, _SLOW)
        return answer

    def _fail(self, operation: str, reason: str) -> None:
        self._metrics.failed(operation)
        self._breaker.trip(reason)

    def _timeout(self) -> LoopAwareTimeout:
        return LoopAwareTimeout(self._timeout_seconds, slow_seconds=self._slow_seconds)

    async def _recover(self) -> str | None:
        """Check that the store is quick, distrust old entries, deliver pending invalidations."""
        try:
            async with self._timeout() as timeout:
                await self._store.synchronize()
            if timeout.is_slow:
                return _SLOW
            while keys := self._pending.batch():
                async with self._timeout():
                    await self._store.forget(list(keys))
                self._pending.discard(keys)
        except (KeyValueError, TimeoutError) as error:
            return _reason_of(error)
        self._consecutive_slow = 0
        return None


def _reason_of(error: Exception) -> str:
    return "timeout" if isinstance(error, TimeoutError) else "unavailable"
