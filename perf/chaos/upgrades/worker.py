"""The worker of the previous version, on a copy of the data that is migrated beside the other.

On the data of the documents it would finish, renew and erase what these ask for.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import asyncpg

from perf.load.monitoring.exposition import (
    Exposition,
    by_label,
    increase,
    read_exposition,
)
from perf.servers.process import WORKER, running_process
from perf.servers.seeded import Version

_RUNS, _INTERVALS = "guidance_job_runs_total", "guidance_job_interval_seconds"
_STATEMENT_ERRORS = "guidance_statement_errors_total"
_OFTEN_SECONDS = 0.2
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.1
_NEVER_RUN = "it did not run within a minute"


@dataclass(frozen=True, slots=True)
class PreviousWorker:
    """How to start it, and the database that it works on."""

    database_url: str
    environment: Mapping[str, str]
    version: Version

    @asynccontextmanager
    async def working(self) -> AsyncIterator["Jobs"]:
        """Run it until the block ends; raises `ServerNotStarted`."""
        with running_process(
            *(WORKER, dict(self.environment), None),
            tree=self.version.tree,
            python=self.version.python,
        ) as process:
            yield Jobs(process.port)


class Jobs:
    """The jobs of a running worker, by what it counts."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def failures_during(self, work: Callable[[], object]) -> dict[str, str]:
        """Do `work` in a thread, then have each frequent job begin again; those that failed."""
        before = await self._counted()
        await asyncio.to_thread(work)
        # One that ran meanwhile has ended, and another has been begun since.
        return await self._failures(before, since=await self._counted(), times=2, is_rare_too=False)

    async def failures_of_all(self) -> dict[str, str]:
        """Wait until each job, of those that are rare too, has run; those that failed."""
        return await self._failures({}, since={}, times=1, is_rare_too=True)

    async def _failures(
        self, before: Exposition, *, since: Exposition, times: int, is_rare_too: bool
    ) -> dict[str, str]:
        deadline = monotonic() + _PATIENCE_SECONDS
        while True:
            now = await self._counted()
            runs = by_label(increase(since, now), _RUNS, "background_job")
            waiting = [
                job
                for job, seconds in by_label(now, _INTERVALS, "background_job").items()
                if (is_rare_too or seconds <= _OFTEN_SECONDS) and runs.get(job, 0) < times
            ]
            if not waiting or monotonic() > deadline:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        changes = increase(before, now)
        failed = {
            series: count for series, count in changes.items() if 'outcome="failed"' in series[1]
        }
        jobs = by_label(failed, _RUNS, "background_job")
        statements = by_label(changes, _STATEMENT_ERRORS, "method")
        return (
            dict.fromkeys((f"the job {job}" for job in waiting), _NEVER_RUN)
            | {f"the job {job}": f"{count:.0f} times" for job, count in jobs.items()}
            | {f"the worker's statement {method}": "see the log" for method in statements}
        )

    async def _counted(self) -> Exposition:
        return read_exposition(await asyncio.to_thread(self._read))

    def _read(self) -> str:
        with urlopen(f"http://127.0.0.1:{self._port}/metrics") as answer:
            return str(answer.read(), "utf-8")


def previous_worker(
    version: Version, database_url: str, model_url: str, folder: Path
) -> PreviousWorker:
    """The worker of a version for a copy of a database that nobody else is connected to."""
    folder.mkdir()
    environment = {
        "DATABASE_URL": asyncio.run(_copy(database_url)),
        "CHAT_LLM_BASE_URL": model_url,
        "CHAT_TITLES": "false",
        "GUIDANCE_DATA_DIR": str(folder),
        "JWT_SECRET_KEY": secrets.token_hex(),
        "METRICS_MAX_AGE_SECONDS": "0",
        "PAYMENTS_PROVIDER": "sandbox",
        "WORKER_EVERY_SECONDS": str(_OFTEN_SECONDS),
    }
    return PreviousWorker(environment["DATABASE_URL"], environment, version)


async def _copy(url: str) -> str:
    """Copy the database at `url` to another of its server; the URL of that."""
    parts = urlsplit(url)
    name = parts.path.strip("/")
    connection = await asyncpg.connect(urlunsplit(parts._replace(path="/template1")))
    try:
        await connection.execute(f'CREATE DATABASE "{name}_beside" TEMPLATE "{name}"')
    finally:
        await connection.close()
    return urlunsplit(parts._replace(path=f"/{name}_beside"))
