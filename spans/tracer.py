"""Deciding which requests are traced, and tracing them."""

from asyncio import get_running_loop
from collections.abc import Callable, Coroutine, Mapping
from math import floor, inf, log
from random import random
from typing import Any, TypeAlias, TypeVar

from spans.current import within_trace
from spans.loop_delay import LoopDelay
from spans.part import Part
from spans.task_tracing import trace_tasks, traced_task
from spans.trace import SelfTime, Trace

T = TypeVar("T")
Uses: TypeAlias = Mapping[Part, SelfTime]


class Tracer:
    """Traces a random `share` of all requests; calls `record` with an operation and its parts.

    `chance` returns random numbers from 0 to 1. A tracer belongs to one event loop.
    """

    def __init__(
        self,
        share: float,
        record: Callable[[str, Uses], None],
        *,
        chance: Callable[[], float] = random,
    ) -> None:
        self._share = share
        self._record = record
        self._chance = chance
        self._delay = LoopDelay()
        self._until_next = self._gap()

    def should_trace(self) -> bool:
        """Decide at random whether the next request is traced."""
        self._until_next -= 1
        if self._until_next >= 0:
            return False
        self._until_next = self._gap()
        return True

    def _gap(self) -> float:
        """Draw the number of requests until the next traced one.

        It has a geometric distribution; one draw by its inverse replaces one draw per request.
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
        """Trace a request; at the end `operation` returns its name, or None to drop the trace."""
        self._delay.start()
        trace = Trace(root, delay=self._delay)
        try:
            return await traced(trace, coroutine)
        finally:
            self._delay.stop()
            name = operation()
            uses = trace.finish()
            if name is not None:
                self._record(name, uses)


# Any: as above.
async def traced(trace: Trace, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine traced by `trace`, together with the tasks that it starts."""
    leave = trace_tasks(get_running_loop())
    try:
        with within_trace(trace):
            result: T = await traced_task(trace, coroutine)
            return result
    finally:
        trace.finish()
        leave()
