"""Processor time and memory of a server and its database during a run."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from statistics import fmean, stdev

import psutil

from perf.load.monitoring.cpu_ticks import Ticks, machine_load_between, ticks_now
from perf.load.results.report import MemoryGrowth, ResourceUse

_EVERY_SECONDS = 0.25
_BLOCKS = 20
_STUDENT = 2.093
"""Student's t for 19 degrees of freedom, two-sided 95%."""


@dataclass(frozen=True, slots=True)
class MemorySample:
    """The server's memory when `answered` requests had been answered."""

    answered: int
    resident_bytes: int


@dataclass(slots=True)
class ResourceMonitor:
    """Samples of the processes' memory, and their processor time at the start."""

    server: psutil.Process | None
    database: psutil.Process | None
    seen: list[MemorySample] = field(default_factory=list)
    _began: tuple[float | None, float | None, Ticks | None] = (None, None, None)

    def begin(self) -> None:
        """Start measuring now."""
        self._began = (cpu_seconds(self.server), cpu_seconds(self.database), ticks_now())

    def look(self, answered: int) -> None:
        """Record the memory of the server."""
        with suppress(psutil.Error):
            if self.server is not None:
                self.seen.append(MemorySample(answered, self.server.memory_info().rss))

    def spent(self, requests: int) -> ResourceUse:
        """What was used for each of `requests` requests."""
        server, database, ticks = self._began
        return ResourceUse(
            server_cpu_ms=_each(server, cpu_seconds(self.server), requests),
            database_cpu_ms=_each(database, cpu_seconds(self.database), requests),
            memory=memory_growth(self.seen),
            machine=machine_load_between(ticks, ticks_now()),
        )


@asynccontextmanager
async def monitored(
    server_pid: int | None, database_pid: int | None, answered: Callable[[], int]
) -> AsyncIterator[ResourceMonitor]:
    """Sample the processes that are known until the block is left."""
    watching = ResourceMonitor(_process(server_pid), _process(database_pid))
    watching.begin()
    looking = asyncio.create_task(_look(watching, answered))
    try:
        yield watching
    finally:
        looking.cancel()


def cpu_seconds(process: psutil.Process | None) -> float | None:
    """Processor time of a process and its children; None if unknown."""
    if process is None:
        return None
    try:
        own = process.cpu_times()
        others = [one.cpu_times() for one in process.children(recursive=True)]
    except psutil.Error:
        return None
    ended = own.children_user + own.children_system
    return float(ended + sum(one.user + one.system for one in (own, *others)))


def memory_growth(seen: Sequence[MemorySample]) -> MemoryGrowth | None:
    """Memory growth for each request in the second half of a run, when caches are full.

    The mean growth over twenty equal parts with its confidence interval; the parts are taken to be
    independent, as memory is allocated in unrelated pieces. None if there are too few samples.
    """
    half = seen[len(seen) // 2 :]
    if len(half) <= _BLOCKS or half[-1].answered - half[0].answered < _BLOCKS:
        return None
    edges = [half[(len(half) - 1) * place // _BLOCKS] for place in range(_BLOCKS + 1)]
    pairs = list(pairwise(edges))
    each = (half[-1].answered - half[0].answered) / _BLOCKS
    grown = [(after.resident_bytes - before.resident_bytes) / each for before, after in pairs]
    mean, doubt = fmean(grown), _STUDENT * stdev(grown) / sqrt(_BLOCKS)
    return MemoryGrowth(
        resident_bytes=half[-1].resident_bytes,
        request_bytes=mean,
        low=mean - doubt,
        high=mean + doubt,
    )


async def _look(watching: ResourceMonitor, answered: Callable[[], int]) -> None:
    while True:
        watching.look(answered())
        await asyncio.sleep(_EVERY_SECONDS)


def _each(before: float | None, after: float | None, requests: int) -> float | None:
    if before is None or after is None or not requests:
        return None
    return 1_000 * (after - before) / requests


def _process(pid: int | None) -> psutil.Process | None:
    with suppress(psutil.Error):
        return None if pid is None else psutil.Process(pid)
    return None
