"""Many replies at the same time: their processor time and memory."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from perf.benchmarks.harness.replies import Reply
from perf.servers.connection import UnexpectedAnswer
from perf.servers.process import Server

_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ConcurrentReplies:
    """Replies that were read concurrently, and what the server used meanwhile."""

    replies: list[Reply]
    cpu_seconds: float
    resident_bytes: int
    """The peak."""
    failures: list[UnexpectedAnswer] = field(default_factory=list)

    @property
    def deltas(self) -> int:
        """Number of deltas that arrived."""
        return sum(len(reply.pieces) for reply in self.replies)

    @property
    def cpu_seconds_a_delta(self) -> float:
        """Processor time of whole replies, from request to last event, divided by their deltas."""
        return self.cpu_seconds / self.deltas

    def whole(self, words: int) -> int:
        """Number of replies that have this many words."""
        return sum(len(reply.text.split()) == words for reply in self.replies)


def peak_concurrency(replies: Sequence[Reply]) -> int:
    """The largest number of replies that were between first delta and end at one instant."""
    changes = [(reply.first_at, 1) for reply in replies]
    changes += [(reply.ended_at, -1) for reply in replies]
    return max(accumulate(change for _, change in sorted(changes)))


def read_concurrently(server: Server, asking: Sequence[Awaitable[Reply]]) -> ConcurrentReplies:
    """Request all replies at once and watch the server until the last one has ended.

    Raises `UnexpectedAnswer` if no reply arrives; single failures are recorded in the result.
    """
    return asyncio.run(_read_concurrently(server, asking))


async def _read_concurrently(
    server: Server, asking: Sequence[Awaitable[Reply]]
) -> ConcurrentReplies:
    cpu_before = server.cpu_seconds()
    everything = asyncio.gather(*(_or_failure(one) for one in asking))
    resident = 0
    while not everything.done():
        resident = max(resident, server.resident_bytes())
        await asyncio.wait([everything], timeout=_LOOK_SECONDS)
    ended = await everything
    replies = [one for one in ended if isinstance(one, Reply)]
    failures = [one for one in ended if isinstance(one, UnexpectedAnswer)]
    if not replies:
        raise failures[0]
    return ConcurrentReplies(replies, server.cpu_seconds() - cpu_before, resident, failures)


async def _or_failure(asking: Awaitable[Reply]) -> Reply | UnexpectedAnswer:
    try:
        return await asking
    except UnexpectedAnswer as failure:
        return failure
