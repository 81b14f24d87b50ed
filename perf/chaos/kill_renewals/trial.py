"""The trial: days pass, workers are killed, people act, and each day's work is awaited."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import asyncpg

from perf.chaos.kill_renewals.audit import TrialAudit, audit
from perf.chaos.kill_renewals.billing import ACCOUNT_FILE, TrialBilling, trial_billing
from perf.chaos.kill_renewals.people import People, make_people

_WORKERS = 2
_DAY = timedelta(days=1)
_ACTING_SHARE = 0.01
"""The share of people who do something on a day."""
_LONGEST_WAIT_SECONDS = 0.5
"""The longest time between the beginning of a day and a kill."""
_QUIET_SECONDS = 120.0
_LEFT = """
SELECT
  (SELECT count(*) FROM user_subscriptions s WHERE status IN ('active', 'past_due')
    AND due_at <= $1 AND NOT EXISTS (SELECT FROM billing_payment_attempts p
      WHERE p.user_id = s.user_id AND p.subscription_id = s.id AND p.kind <> 'refund'
        AND p.status IN ('pending', 'requires_action')))
  + (SELECT count(*) FROM billing_payment_attempts WHERE status = 'pending')
  + (SELECT count(*) FROM billing_payment_attempts
     WHERE status = 'requires_action' AND expires_at <= $1)
"""
_CHECK_NOW = """
UPDATE billing_payment_attempts SET next_check_at = '-infinity'
WHERE status = 'pending' AND next_check_at > now()
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """Sizes of a trial; the same `seed` does the same, but for the moments of kills."""

    subscriptions: int
    days: int
    kills: int
    lost_share: float
    seed: int


class Workers:
    """The worker processes; a killed one is started again."""

    def __init__(self, url: str, folder: Path, trial: Trial) -> None:
        self._arguments = (url, str(folder))
        self._trial = trial
        self._processes: list[asyncio.subprocess.Process] = []
        self._started = 0

    async def start(self) -> None:
        """Start one more."""
        self._started += 1
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "perf.chaos.kill_renewals.worker",
            *self._arguments,
            str(self._trial.seed * 1_000 + self._started),
            str(self._trial.lost_share),
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._processes.append(process)

    async def kill(self) -> None:
        """Kill the oldest with SIGKILL."""
        process = self._processes.pop(0)
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def _workers(url: str, folder: Path, trial: Trial) -> AsyncIterator[Workers]:
    workers = Workers(url, folder, trial)
    for _ in range(_WORKERS):
        await workers.start()
    try:
        yield workers
    finally:
        for _ in range(_WORKERS):
            await workers.kill()


async def run_trial(trial: Trial, url: str, folder: Path) -> TrialAudit:
    """Run the trial on an empty, migrated database; raises `TimeoutError` if work is left."""
    random = Random(trial.seed)
    kills = sorted(random.choices(range(trial.days), k=trial.kills))
    connection = await asyncpg.connect(url)
    try:
        async with trial_billing(url, folder, random, share=trial.lost_share) as billing:
            user_ids = await make_people(connection, billing, trial.subscriptions)
            people = People(billing, random, user_ids)
            async with _workers(url, folder, trial) as workers:
                await _until_quiet(connection, billing.clock())
                for day in range(trial.days):
                    billing.clock.advance(_DAY)
                    await _live(people, connection)
                    for _ in range(kills.count(day)):
                        await asyncio.sleep(random.uniform(0, _LONGEST_WAIT_SECONDS))
                        await workers.kill()
                        await workers.start()
                    await _until_quiet(connection, billing.clock())
            return await _audited(connection, billing, folder)
    finally:
        await connection.close()


async def _live(people: People, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await people.confirm(connection)
    await people.act(_ACTING_SHARE)


async def _audited(
    connection: "asyncpg.Connection[asyncpg.Record]", billing: TrialBilling, folder: Path
) -> TrialAudit:
    return await audit(connection, folder / ACCOUNT_FILE, billing.clock())


async def _until_quiet(connection: "asyncpg.Connection[asyncpg.Record]", now: datetime) -> None:
    """Wait until all that is due has been done; what waits for a second look need not."""
    async with asyncio.timeout(_QUIET_SECONDS):
        while await connection.fetchval(_LEFT, now):
            await connection.execute(_CHECK_NOW)
            await asyncio.sleep(0.02)
