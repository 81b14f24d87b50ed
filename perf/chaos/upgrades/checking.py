"""Run each new migration while the previous version serves, and report the problems."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic

from db.schema.migration import migrate
from db.schema.revisions import revisions
from perf.chaos.upgrades.effects import MigrationEffects, as_migration_session, observed_migration
from perf.chaos.upgrades.previous_version import PreviousVersion
from perf.chaos.upgrades.worker import PreviousWorker

MOST_SECONDS = 0.1
"""The longest time for which a conflicting lock may be held, or another session may wait."""


@dataclass(frozen=True, slots=True)
class Step:
    """A revision, and the function that migrates the database at a URL to it."""

    revision: str
    run: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Report:
    """The effects of one step, and the failures of the previous version."""

    revision: str
    seconds: float
    effects: MigrationEffects
    failures: Mapping[str, str]

    @property
    def problems(self) -> list[str]:
        """A sentence for each thing that is wrong."""
        locks = [
            f"{lock.table} is locked in {lock.mode} for {seconds * 1000:.0f} ms"
            for lock, seconds in self.effects.lock_seconds.items()
            if seconds > MOST_SECONDS
        ]
        wait = self.effects.longest_wait_seconds
        waits = [f"another session waits {wait * 1000:.0f} ms"] if wait > MOST_SECONDS else []
        rewrites = [f"{table} is rewritten" for table in self.effects.rewritten_tables]
        failures = [f"{name} fails: {why}" for name, why in sorted(self.failures.items())]
        return [*rewrites, *locks, *waits, *failures]


def steps_since(known: Sequence[str]) -> list[Step]:
    """The steps to this version's revisions that are not `known`, oldest first."""
    return [
        Step(revision, partial(migrate, revision=revision))
        for revision in revisions()
        if revision not in known
    ]


async def check_steps(
    version: PreviousVersion, url: str, steps: Sequence[Step]
) -> AsyncIterator[Report]:
    """Run the steps on the database at `url` while the version that serves it is asked."""
    for step in steps:
        began = monotonic()
        async with version.asking() as failures:
            async with observed_migration(url) as effects:
                await asyncio.to_thread(step.run, as_migration_session(url))
            seconds = monotonic() - began
        yield Report(step.revision, seconds, effects, failures)


async def check_worker(worker: PreviousWorker, steps: Sequence[Step]) -> AsyncIterator[Report]:
    """Run the steps on the database of a worker; and then another one, on the newest schema.

    Jobs that are rare run when a worker begins: before the first step, and after the last.
    """
    async with worker.working() as jobs:
        # What fails now, such as on rows that only the gate has, fails without a migration.
        known = await jobs.failures_of_all()
        for step in steps:
            began = monotonic()
            found = await jobs.failures_during(partial(step.run, worker.database_url))
            failures = {name: why for name, why in found.items() if name not in known}
            yield Report(step.revision, monotonic() - began, MigrationEffects(), failures)
    began = monotonic()
    async with worker.working() as jobs:
        found = await jobs.failures_of_all()
        failures = {name: why for name, why in found.items() if name not in known}
    yield Report(steps[-1].revision, monotonic() - began, MigrationEffects(), failures)
