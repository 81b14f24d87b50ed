"""Many replies at the same time: what they cost, and what they occupy."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from perf.benchmarks.replies import Reply
from perf.benchmarks.servers import Server

_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Crowd:
    """Replies that were read at the same time, and the server meanwhile."""

    replies: list[Reply]
    cpu_seconds: float
    resident_bytes: int
    """The most that was seen."""

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
    """Ask all at once and watch the server until the last reply has ended."""
    return asyncio.run(_crowd(server, asking))


async def _crowd(server: Server, asking: Sequence[Awaitable[Reply]]) -> Crowd:
    cpu_before = server.cpu_seconds()
    everything = asyncio.gather(*asking)
    resident = 0
    while not everything.done():
        resident = max(resident, server.resident_bytes())
        await asyncio.wait([everything], timeout=_LOOK_SECONDS)
    return Crowd(await everything, server.cpu_seconds() - cpu_before, resident)
