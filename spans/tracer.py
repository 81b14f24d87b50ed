"""Deciding which requests are traced, and tracing them."""

from asyncio import get_running_loop
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import floor, inf, log
from random import random
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, TypeVar

from spans.current import within_trace
from spans.exporter import Exporter
from spans.loop_delay import LoopDelay
from spans.part import Part
from spans.task_tracing import trace_tasks, traced_task
from spans.trace import SelfTime, Trace

T = TypeVar("T")
Uses: TypeAlias = Mapping[Part, SelfTime]
NO_FIELDS: Mapping[bytes, bytes] = MappingProxyType({})


class TracedHead(Protocol):
    """The header fields of a request, and whether its caller decided that it is sampled."""

    @property
    def fields(self) -> Mapping[bytes, bytes]:
        """By name, in lower case."""

    @property
    def sampled(self) -> bool | None:
        """None if its caller has not decided, or may not."""


@dataclass(slots=True)
class Answered:
    """What became of a request: its line of the log, and the status of its answer if it has one."""

    log: dict[str, object] = field(default_factory=dict)
    status: Callable[[], int] | None = None

    def attributes(self) -> dict[str, str | int | float]:
        """The attributes of its span."""
        told = self.log if self.status is None else self.log | {"status": self.status()}
        return {name: value for name, value in told.items() if isinstance(value, str | int | float)}


class Tracer:
    """Traces a random `share` of all requests; calls `record` with an operation and its parts.

    `chance` returns random numbers from 0 to 1. A tracer belongs to one event loop. With an
    `exporter` requests are recorded for it too, by its own share.
    """

    def __init__(
        self,
        share: float,
        record: Callable[[str, Uses], None],
        *,
        chance: Callable[[], float] = random,
        exporter: Exporter | None = None,
    ) -> None:
        self._share = share
        self._record = record
        self._chance = chance
        self.exporter = exporter
        self._delay = LoopDelay()
        self._until_next = self._gap(share)
        self._until_exported = self._gap(exporter.share if exporter else 0.0)
        self._is_drawn = False

    def should_trace(self) -> bool:
        """Decide at random whether the next request is traced."""
        self._until_next -= 1
        if self.exporter is not None:
            return self._draw_exported(self.exporter)
        if self._until_next >= 0:
            return False
        self._until_next = self._gap(self._share)
        return True

    def _draw_exported(self, exporter: Exporter) -> bool:
        self._until_exported -= 1
        self._is_drawn = self._until_exported < 0
        if self._is_drawn:
            self._until_exported = self._gap(exporter.share)
        if self._until_next < 0:
            self._until_next = self._gap(self._share)
            return True
        return self._is_drawn

    def _gap(self, share: float) -> float:
        """Draw the number of requests until the next traced one.

        It has a geometric distribution; one draw by its inverse replaces one draw per request.
        """
        if share <= 0:
            return inf
        if share >= 1:
            return 0
        return floor(log(1 - self._chance()) / log(1 - share))

    # Any: what is sent and yielded concerns the event loop alone.
    def run(
        self,
        root: Part,
        coroutine: Coroutine[Any, Any, T],
        operation: Callable[[], str | None],
        head: TracedHead | None = None,
        answered: Answered | None = None,
    ) -> Coroutine[Any, Any, T]:
        """Trace a request; at the end `operation` returns its name, or None to drop the trace.

        `answered` is told the id of an exported trace.
        """
        is_drawn, self._is_drawn = self._is_drawn, False
        trace_it = partial(self._run, root, coroutine, operation, is_drawn=is_drawn)
        return trace_it(head, answered or Answered())

    # Any: as above.
    async def _run(
        self,
        root: Part,
        coroutine: Coroutine[Any, Any, T],
        operation: Callable[[], str | None],
        head: TracedHead | None,
        answered: Answered,
        *,
        is_drawn: bool,
    ) -> T:
        self._delay.start()
        trace = Trace(root, delay=self._delay)
        if self.exporter is not None:
            trace.recording = self.exporter.recording(
                root,
                trace.began_at,
                NO_FIELDS if head is None else head.fields,
                is_drawn=is_drawn,
                sampled=None if head is None else head.sampled,
            )
            if trace.recording is not None:
                trace.recording.exporter = self.exporter
                answered.log["trace_id"] = trace.recording.id_text
        try:
            return await traced(trace, coroutine)
        finally:
            self._delay.stop()
            name = operation()
            uses = trace.finish()
            if name is not None:
                self._record(name, uses)
            if self.exporter is not None and trace.recording is not None:
                trace.recording.root.attributes.update(answered.attributes())
                self.exporter.export(trace.recording)


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
