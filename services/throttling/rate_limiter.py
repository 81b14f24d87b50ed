"""The rate limiter: token buckets in Redis if there is one, in memory while it is away."""

import asyncio

from keyvalue import KeyValueError
from metrics.keyvalue import count_fallback
from services.throttling.memory_buckets import MemoryBuckets
from services.throttling.records import BucketPolicy, SpendResult
from services.throttling.redis_buckets import RedisBuckets


class RateLimiter:
    """Spends and refunds units; without `shared`, each process has buckets of its own.

    While Redis is away nobody is refused for that: the buckets of this process apply instead.
    """

    def __init__(self, memory: MemoryBuckets, shared: RedisBuckets | None) -> None:
        self._memory = memory
        self._shared = shared
        self._pending_refunds: dict[tuple[str, BucketPolicy], int] = {}
        self._refund_task: asyncio.Task[None] | None = None
        self.spend_now = memory.spend if shared is None else None
        """`spend` without awaiting; None if Redis has to be asked."""

    async def spend(self, key: str, cost: int, policy: BucketPolicy) -> SpendResult:
        """Spend `cost` units of the bucket `key`, or none."""
        if self._shared is not None:
            try:
                return await self._shared.spend(key, cost, policy)
            except KeyValueError:
                count_fallback("budgets")
        return self._memory.spend(key, cost, policy)

    def refund(self, key: str, units: int, policy: BucketPolicy) -> None:
        """Refund units in the background.

        While Redis answers one refund, further refunds to a bucket are added up and sent as one.
        """
        if not units:
            return
        if self._shared is None:
            self._memory.refund(key, units, policy)
            return
        bucket = (key, policy)
        self._pending_refunds[bucket] = self._pending_refunds.get(bucket, 0) + units
        if self._refund_task is None or self._refund_task.done():
            self._refund_task = asyncio.create_task(self._refund_all(self._shared))

    async def close(self) -> None:
        """Wait for the pending refunds."""
        if self._refund_task is not None:
            await self._refund_task

    async def _refund_all(self, shared: RedisBuckets) -> None:
        while self._pending_refunds:
            refunds, self._pending_refunds = self._pending_refunds, {}
            await asyncio.gather(
                *(
                    self._refund(shared, key, units, policy)
                    for (key, policy), units in refunds.items()
                )
            )

    async def _refund(
        self, shared: RedisBuckets, key: str, units: int, policy: BucketPolicy
    ) -> None:
        try:
            await shared.refund(key, units, policy)
        except KeyValueError:
            self._memory.refund(key, units, policy)
