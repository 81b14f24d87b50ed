"""Redis as the cache needs it: quick, or left alone, since the database answers as well."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar

from cache.pending_invalidations import PendingInvalidations
from cache.records import Entry, Fill, StoreAway
from cache.redis import RedisStore
from keyvalue import CircuitBreaker, KeyValueError, Patience
from keyvalue.breaker import PROBE_SECONDS
from metrics.cache import CacheMetrics

_PATIENCE_SECONDS = 0.05
_SLOW_SECONDS = 0.01
_SLOW = "slow"
_SLOW_IN_A_ROW = 3

T = TypeVar("T")


class CircuitBreakingStore:
    """`async with CircuitBreakingStore(store, metrics)`: the store, left alone when it fails.

    The first operation that fails or takes longer than `patience_seconds` opens the circuit, and so
    does the third in a row that takes longer than `slow_seconds`: a read waits for two at most.
    Nobody asks it then but a probe. Before it is used again it is not slow, trusts nothing of
    before, and knows of every invalidation that could not be delivered.
    """

    def __init__(
        self,
        store: RedisStore,
        metrics: CacheMetrics,
        *,
        patience_seconds: float = _PATIENCE_SECONDS,
        slow_seconds: float = _SLOW_SECONDS,
        probe_seconds: float = PROBE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._patience_seconds = patience_seconds
        self._slow_seconds = slow_seconds
        self._slow_in_a_row = 0
        self._pending = PendingInvalidations(clock)
        self._breaker = CircuitBreaker("cache", self._recover, probe_seconds=probe_seconds)

    async def __aenter__(self) -> Self:
        """Try to reach the store once; whatever comes of it, the cache can be used."""
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
            self._pending.add(keys)
            self._metrics.undelivered(len(keys))

    async def is_here(self) -> bool:
        """Whether the store answers now."""
        try:
            await self._ask("ping", self._store.ping)
        except StoreAway:
            return False
        return True

    async def _ask(self, operation: str, call: Callable[[], Awaitable[T]]) -> T:
        if self._breaker.is_open:
            self._breaker.refuse()
            raise StoreAway
        try:
            async with self._patience() as patience:
                answer = await call()
        except (KeyValueError, TimeoutError) as error:
            self._fail(operation, _reason_of(error))
            raise StoreAway from error
        self._slow_in_a_row = self._slow_in_a_row + 1 if patience.is_slow else 0
        if self._slow_in_a_row == _SLOW_IN_A_ROW:
            self._fail(operation, _SLOW)
        return answer

    def _fail(self, operation: str, reason: str) -> None:
        self._metrics.failed(operation)
        self._breaker.trip(reason)

    def _patience(self) -> Patience:
        return Patience(self._patience_seconds, slow_seconds=self._slow_seconds)

    async def _recover(self) -> str | None:
        """Be quick, distrust what is older, and deliver what is pending."""
        try:
            async with self._patience() as patience:
                await self._store.synchronize()
            if patience.is_slow:
                return _SLOW
            while keys := self._pending.some():
                async with self._patience():
                    await self._store.forget(list(keys))
                self._pending.delivered(keys)
        except (KeyValueError, TimeoutError) as error:
            return _reason_of(error)
        self._slow_in_a_row = 0
        return None


def _reason_of(error: Exception) -> str:
    return "timeout" if isinstance(error, TimeoutError) else "unavailable"
