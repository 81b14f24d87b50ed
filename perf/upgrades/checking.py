"""Each new revision run while the version before it serves, and what is wrong with it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic

from db.schema.migration import migrate, revisions
from perf.sweep.server import SweepTarget
from perf.upgrades.load import loads
from perf.upgrades.watching import Watched, as_migration, watching

MOST_SECONDS = 0.1
"""How long a lock may be held, or waited for, that keeps those waiting who read or write."""


@dataclass(frozen=True, slots=True)
class Step:
    """A revision, and what brings the database at a URL to it."""

    revision: str
    run: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Report:
    """What one step did to those who read and wrote meanwhile."""

    revision: str
    seconds: float
    watched: Watched
    failures: Mapping[str, str]

    @property
    def problems(self) -> list[str]:
        """What would be felt, or would fail, each as a sentence."""
        locks = [
            f"{lock.table} has {lock.mode} for {seconds * 1000:.0f} ms"
            for lock, seconds in self.watched.lock_seconds.items()
            if seconds > MOST_SECONDS
        ]
        wait = self.watched.longest_wait_seconds
        waits = [f"somebody waits {wait * 1000:.0f} ms for it"] if wait > MOST_SECONDS else []
        rewrites = [f"{table} is written anew" for table in self.watched.rewritten_tables]
        failures = [f"{name} fails: {why}" for name, why in sorted(self.failures.items())]
        return [*rewrites, *locks, *waits, *failures]


def steps_since(known: Sequence[str]) -> list[Step]:
    """The steps to this version's revisions that are not `known`, oldest first."""
    return [
        Step(revision, partial(migrate, revision=revision))
        for revision in revisions()
        if revision not in known
    ]


async def checked(target: SweepTarget, steps: Sequence[Step]) -> AsyncIterator[Report]:
    """Carry out the steps on the database of a server that is asked meanwhile."""
    url = target.database_url
    if url is None:
        raise TypeError("the database of the server has to be known")
    async with loads(target) as asked:
        for step in steps:
            began = monotonic()
            async with asked.asking() as load:
                async with watching(url) as watched:
                    await asyncio.to_thread(step.run, as_migration(url))
                seconds = monotonic() - began
            yield Report(step.revision, seconds, watched, load.failures)
