"""Many replies at the same time: what they cost, and what they occupy."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from perf.benchmarks.replies import Reply
from perf.benchmarks.servers import Server
from perf.benchmarks.wire import UnexpectedAnswer

_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Crowd:
    """Replies that were read at the same time, and the server meanwhile."""

    replies: list[Reply]
    cpu_seconds: float
    resident_bytes: int
    """The most that was seen."""
    failures: list[UnexpectedAnswer] = field(default_factory=list)

    @property
    def deltas(self) -> int:
        """Pieces that were delivered."""
        return sum(len(reply.pieces) for reply in self.replies)

    @property
    def cpu_seconds_a_delta(self) -> float:
        """With everything that a reply costs from the request for it to its last event."""
        return self.cpu_seconds / self.deltas

    def whole(self, words: int) -> int:
        """How many have all of their words."""
        return sum(len(reply.text.split()) == words for reply in self.replies)


def most_at_once(replies: Sequence[Reply]) -> int:
    """How many were being written at the same instant, from their first piece to their end."""
    changes = [(reply.first_at, 1) for reply in replies]
    changes += [(reply.ended_at, -1) for reply in replies]
    return max(accumulate(change for _, change in sorted(changes)))


def crowd(server: Server, asking: Sequence[Awaitable[Reply]]) -> Crowd:
    """Ask all at once and watch the server until the last reply has ended.

    Raises `UnexpectedAnswer` where none arrives; the others' failures are noted.
    """
    return asyncio.run(_crowd(server, asking))


async def _crowd(server: Server, asking: Sequence[Awaitable[Reply]]) -> Crowd:
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
    return Crowd(replies, server.cpu_seconds() - cpu_before, resident, failures)


async def _or_failure(asking: Awaitable[Reply]) -> Reply | UnexpectedAnswer:
    try:
        return await asking
    except UnexpectedAnswer as failure:
        return failure
