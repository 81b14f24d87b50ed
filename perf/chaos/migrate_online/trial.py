"""The trial: a migration under load, killed again and again, and what came of the rows."""

import asyncio
from dataclasses import dataclass
from random import Random
from time import monotonic

from perf.chaos.migrate_online.migrator import Killing, MigrationFailed, migrate_killed
from perf.chaos.migrate_online.people import Crowd, fill, hashes
from perf.chaos.migrate_online.writers import Load, load
from perf.chaos.upgrades.checking import MOST_SECONDS
from perf.chaos.upgrades.effects import MigrationEffects, observed_migration
from perf.statistics.percentiles import percentile

MOST_SLOWER = 1.5
"""The p95 of the page during the migration, at most, over that before."""
_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Trial:
    """What is migrated, and how often that is interrupted."""

    crowd: Crowd
    arguments: tuple[str, ...]
    kills: int
    most_seconds: float
    """How long a migration may work before it is killed."""
    before_seconds: float
    """For how long pages are read before."""
    seed: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a trial has found."""

    seconds: float
    killed: int
    writes: int
    pages: int
    before: float
    during: float
    """The p95 of the page in seconds."""
    longest_lock: float
    locked: str
    """What was locked the longest."""
    longest_wait: float
    problems: tuple[str, ...]

    @property
    def missed(self) -> tuple[str, ...]:
        """The targets of time that were missed, which a busy machine may be the reason of."""
        slow = self.during / self.before
        return (
            *(
                f"{what} for {seconds * 1000:.0f} ms, and not 100"
                for what, seconds in (
                    (f"a lock of {self.locked} is held or asked for", self.longest_lock),
                    ("somebody waits", self.longest_wait),
                )
                if seconds > MOST_SECONDS
            ),
            *([f"pages take {slow:.2f} times as long, and not 1.5"] if slow > MOST_SLOWER else []),
        )


async def run_trial(trial: Trial, url: str) -> Found:
    """Fill the database, migrate it under load, and compare."""
    await fill(url, trial.crowd)
    untouched = await hashes(url, trial.crowd)
    async with load(url, trial.crowd, trial.seed) as clients:
        await asyncio.sleep(trial.before_seconds)
        before, clients.page_seconds = clients.page_seconds, []
        began = monotonic()
        async with observed_migration(url) as effects:
            killing = Killing(trial.kills, trial.most_seconds, Random(trial.seed))
            try:
                killed = await migrate_killed(url, trial.arguments, killing)
            except MigrationFailed as failed:
                clients.failed(failed)
                killed = 0
        seconds = monotonic() - began
        during = clients.page_seconds
    problems = await clients.problems(url)
    if (kept := await hashes(url, trial.crowd)) != untouched:
        problems.append(f"what nobody touched has changed: {untouched} became {kept}")
    return _found(clients, effects, (before, during), (seconds, killed), problems)


def _found(
    clients: Load,
    effects: MigrationEffects,
    pages: tuple[list[float], list[float]],
    run: tuple[float, int],
    problems: list[str],
) -> Found:
    before, during = (_p95(one) for one in pages)
    locks = ((f"{lock.table} in {lock.mode}", s) for lock, s in effects.lock_seconds.items())
    longest = max(locks, key=lambda one: one[1], default=("nothing", 0.0))
    return Found(
        *run,
        sum(one.writes for one in clients.writers),
        sum(map(len, pages)),
        before,
        during,
        longest[1],
        longest[0],
        effects.longest_wait_seconds,
        tuple(problems),
    )


def _p95(seconds: list[float]) -> float:
    found = percentile(sorted(seconds), _SHARE)
    if found is None:
        raise ValueError("no page was read")
    return found.value
