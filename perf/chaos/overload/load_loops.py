"""The two ways to offer load: a closed loop, and an open loop at a given rate."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from random import Random
from time import perf_counter

from perf.chaos.overload.connections import ConnectionPool
from perf.statistics.percentiles import percentile

_PATIENCE_SECONDS = 10.0
_RETRY_AFTER = b"retry-after: "
_LOOK_SECONDS = 0.01
_OK, _UNAVAILABLE = 200, 503


@dataclass(slots=True)
class LoadResult:
    """The answers to the load offered in `seconds`; latencies count from when it was due."""

    seconds: float
    sent: int = 0
    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    without_retry_after: int = 0
    lateness: list[float] = field(default_factory=list)
    """Seconds by which the generator sent each request late."""
    others: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.answered) / self.seconds

    @property
    def unanswered(self) -> int:
        """Number of requests in flight."""
        return self.sent - len(self.answered) - len(self.refused) - self.others.total()

    def note(self, status: int, head: bytes, seconds: float) -> None:
        """Record an answer; status 0 stands for a closed connection."""
        if status == _OK:
            self.answered.append(seconds)
        elif status == _UNAVAILABLE:
            self.refused.append(seconds)
            self.without_retry_after += _RETRY_AFTER not in head.lower()
        else:
            self.others[str(status or "closed")] += 1


def combined(offers: Sequence[LoadResult]) -> LoadResult:
    """The sum of several loads."""
    whole = LoadResult(sum(one.seconds for one in offers))
    for one in offers:
        whole.sent += one.sent
        whole.answered += one.answered
        whole.refused += one.refused
        whole.without_retry_after += one.without_retry_after
        whole.lateness += one.lateness
        whole.others += one.others
    return whole


def percentile_of(seconds: Sequence[float], share: float) -> float:
    """The percentile of these latencies; 0 without any."""
    found = percentile(sorted(seconds), share)
    return found.value if found else 0.0


async def run_closed_loop(
    calls: ConnectionPool, requests: Sequence[bytes], *, callers: int, seconds: float
) -> LoadResult:
    """Run `callers` that each send the next request after an answer: what the server can carry."""
    offered, made = LoadResult(seconds), cycle(requests)
    ends = perf_counter() + seconds

    def ask() -> None:
        now = perf_counter()
        if now < ends:
            offered.sent += 1
            calls.send(next(made), now, answered)

    def answered(status: int, head: bytes, taken: float) -> None:
        offered.note(status, head, taken)
        ask()

    for _ in range(callers):
        ask()
    await _until_answered(offered, ends)
    return offered


async def run_open_loop(
    calls: ConnectionPool, requests: Sequence[bytes], *, rate: float, seconds: float, seed: int = 1
) -> LoadResult:
    """Send `rate` requests per second at random moments, answered or not."""
    offered, made, random = LoadResult(seconds), cycle(requests), Random(seed)
    began, due = perf_counter(), 0.0
    while (due := due + random.expovariate(rate)) < seconds:
        wait = began + due - perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        elif offered.sent % 20 == 0:
            await asyncio.sleep(0)
        offered.sent += 1
        offered.lateness.append(perf_counter() - began - due)
        calls.send(next(made), began + due, partial(LoadResult.note, offered))
    await _until_answered(offered, began + seconds)
    return offered


async def _until_answered(offered: LoadResult, ends: float) -> None:
    """Wait for requests in flight, at most as long as a client would."""
    gives_up = ends + _PATIENCE_SECONDS
    while (now := perf_counter()) < ends or (offered.unanswered and now < gives_up):  # noqa: ASYNC110 - another process answers
        await asyncio.sleep(_LOOK_SECONDS)
    if offered.unanswered:
        offered.others["no answer in time"] += offered.unanswered
