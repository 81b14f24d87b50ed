"""Limiting how many operations of one caller a process runs at once; the others wait.

A process has one core. Without a limit, a caller who sends more than it can do would delay
everybody; with it, a caller's operations wait only for one another. An operation that waits for
something else, such as a model, releases its slot meanwhile.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TypeAlias

MOST_WAITING = 250
"""How many operations of one caller may wait for a slot."""
WAIT_TIMEOUT_SECONDS = 5.0
"""How long an operation waits for a slot at most."""
MOST_SUSPENDED = 500
"""How many operations of one caller may have released their slot; further ones keep theirs."""
_Queues: TypeAlias = dict[str, deque[asyncio.Future[bool]]]


class NoFreeSlot(Exception):
    """Too many operations of the caller wait, or this one has waited too long."""


class Slot:
    """The slot of one operation; `release` may be called more than once."""

    __slots__ = ("_caller", "_depth", "_is_suspended", "_limiter")

    def __init__(self, limiter: "ConcurrencyLimiter", caller: str) -> None:
        self._limiter: ConcurrencyLimiter | None = limiter
        self._caller = caller
        self._depth = 0
        self._is_suspended = False

    def release(self) -> None:
        """Release the slot for good."""
        limiter, self._limiter = self._limiter, None
        if limiter is None:
            return
        if self._is_suspended:
            limiter.drop_suspended(self._caller)
        else:
            limiter.pass_on(self._caller)

    def suspend(self) -> None:
        """Release the slot until `resume`; it is kept if too many are suspended already."""
        self._depth += 1
        if self._depth == 1 and self._limiter is not None:
            self._is_suspended = self._limiter.suspend(self._caller)

    async def resume(self) -> None:
        """Wait for the slot again, however long; served before operations that had none yet."""
        self._depth -= 1
        if self._depth or not self._is_suspended or self._limiter is None:
            return
        await self._limiter.resume(self._caller)
        self._is_suspended = False


_current_slot: ContextVar[Slot | None] = ContextVar("slot", default=None)


@asynccontextmanager
async def slot_released() -> AsyncIterator[None]:
    """Release the slot of the current operation while the block waits for something else.

    Leaving the block waits for a slot, so do not hold a lock then that others wait for.
    """
    slot = _current_slot.get()
    if slot is None:
        yield
        return
    slot.suspend()
    try:
        yield
    except Exception:
        await slot.resume()
        raise
    await slot.resume()


class ConcurrencyLimiter:
    """Gives every caller up to `most_at_once` slots, first come first served; 0 means no limit.

    The state of a caller is dropped with their last slot.
    """

    def __init__(
        self,
        most_at_once: int,
        *,
        most_waiting: int = MOST_WAITING,
        wait_timeout_seconds: float = WAIT_TIMEOUT_SECONDS,
        most_suspended: int = MOST_SUSPENDED,
    ) -> None:
        self._most_at_once = most_at_once
        self._most_waiting = most_waiting
        self._wait_timeout_seconds = wait_timeout_seconds
        self._most_suspended = most_suspended
        self._taken: dict[str, int] = {}
        self._suspended: dict[str, int] = {}
        self._waiting: _Queues = {}
        self._resuming: _Queues = {}
        self.slots_in_use = 0
        """How many slots are held, of all callers together."""

    def __len__(self) -> int:
        """How many callers have slots, suspended ones included."""
        return len(self._taken.keys() | self._suspended.keys())

    async def acquire(self, caller: str) -> Slot:
        """Wait for a slot for the current operation, which releases it; raises `NoFreeSlot`."""
        slot = self.try_acquire(caller)
        if slot is None:
            if len(self._waiting.get(caller, ())) >= self._most_waiting:
                raise NoFreeSlot
            await self._wait(self._waiting, caller, self._wait_timeout_seconds)
            slot = Slot(self, caller)
            _current_slot.set(slot)
        return slot

    def try_acquire(self, caller: str) -> Slot | None:
        """A slot for the current operation; None if it would have to wait."""
        taken = self._taken.get(caller, 0)
        if taken >= self._most_at_once and self._most_at_once:
            return None
        self._taken[caller] = taken + 1
        self.slots_in_use += 1
        slot = Slot(self, caller)
        _current_slot.set(slot)
        return slot

    def pass_on(self, caller: str) -> None:
        """Give a released slot to the operation that has waited longest."""
        if self._resuming or self._waiting:
            for queues in (self._resuming, self._waiting):
                for waiter in queues.get(caller, ()):
                    if not waiter.done():
                        waiter.set_result(True)
                        return
        self.slots_in_use -= 1
        taken = self._taken.pop(caller)
        if taken > 1:
            self._taken[caller] = taken - 1

    def suspend(self, caller: str) -> bool:
        """Pass on a slot that will be resumed; False, and no change, if too many are suspended."""
        suspended = self._suspended.get(caller, 0)
        if suspended >= self._most_suspended:
            return False
        self._suspended[caller] = suspended + 1
        self.pass_on(caller)
        return True

    async def resume(self, caller: str) -> None:
        """Wait for a slot in place of a suspended one."""
        taken = self._taken.get(caller, 0)
        if taken >= self._most_at_once and self._most_at_once:
            await self._wait(self._resuming, caller, None)
        else:
            self._taken[caller] = taken + 1
            self.slots_in_use += 1
        self.drop_suspended(caller)

    def drop_suspended(self, caller: str) -> None:
        """Forget a suspended slot."""
        suspended = self._suspended.pop(caller)
        if suspended > 1:
            self._suspended[caller] = suspended - 1

    async def _wait(self, queues: _Queues, caller: str, timeout_seconds: float | None) -> None:
        """Wait until a slot is passed on; it counts as taken throughout."""
        queue = queues.setdefault(caller, deque())
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        queue.append(waiter)
        timer = timeout_seconds and loop.call_later(timeout_seconds, _time_out, waiter)
        try:
            if not await waiter:
                raise NoFreeSlot
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.result():
                self.pass_on(caller)
            raise
        finally:
            if timer:
                timer.cancel()
            queue.remove(waiter)
            if not queue:
                queues.pop(caller, None)


def _time_out(waiter: asyncio.Future[bool]) -> None:
    if not waiter.done():
        waiter.set_result(False)
