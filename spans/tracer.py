"""Which requests are traced, and what becomes of their traces."""

from asyncio import get_running_loop
from collections.abc import Callable, Coroutine, Mapping
from math import floor, inf, log
from random import random
from typing import Any, TypeAlias, TypeVar

from spans.current import within_trace
from spans.following import follow_tasks, followed
from spans.loop_delay import LoopDelay
from spans.part import Part
from spans.trace import Trace, Use

T = TypeVar("T")
Uses: TypeAlias = Mapping[Part, Use]


class Tracer:
    """Traces a `share` of all requests; `note` is told the operation, and what its parts took.

    `chance` gives numbers from 0 to 1. One belongs to one event loop.
    """

    def __init__(
        self,
        share: float,
        note: Callable[[str, Uses], None],
        *,
        chance: Callable[[], float] = random,
    ) -> None:
        self._share = share
        self._note = note
        self._chance = chance
        self._delay = LoopDelay()
        self._until_next = self._gap()

    def wants(self) -> bool:
        """Whether the next request is traced, by chance."""
        self._until_next -= 1
        if self._until_next >= 0:
            return False
        self._until_next = self._gap()
        return True

    def _gap(self) -> float:
        """How many requests pass between two of which each is traced by the same chance.

        A geometric distribution: drawn once for all of them, by its inverse.
        """
        if self._share <= 0:
            return inf
        if self._share >= 1:
            return 0
        return floor(log(1 - self._chance()) / log(1 - self._share))

    # Any: what is sent and yielded concerns the event loop alone.
    async def run(
        self, root: Part, coroutine: Coroutine[Any, Any, T], operation: Callable[[], str | None]
    ) -> T:
        """Trace what a request does; its `operation` is asked for at the end, None for none."""
        self._delay.start()
        trace = Trace(root, delay=self._delay)
        try:
            return await traced(trace, coroutine)
        finally:
            self._delay.stop()
            name = operation()
            uses = trace.finish()
            if name is not None:
                self._note(name, uses)


# Any: as above.
async def traced(trace: Trace, coroutine: Coroutine[Any, Any, T]) -> T:
    """Do what `trace` is to account for, in the tasks that are started by it too."""
    leave = follow_tasks(get_running_loop())
    try:
        with within_trace(trace):
            result: T = await followed(trace, coroutine)
            return result
    finally:
        trace.finish()
        leave()
