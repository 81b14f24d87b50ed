"""`guidance db migrate` as a process that is killed, and started again until it has finished."""

import asyncio
import os
import sys
from dataclasses import dataclass
from random import Random

import asyncpg

from perf.chaos.upgrades.effects import APPLICATION, as_migration_session

_CONNECTED = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1)"
_POLL_SECONDS = 0.02
_RUN = (sys.executable, "-c", "from app.cli import main; main()", "db", "migrate")


@dataclass(frozen=True, slots=True)
class Killing:
    """How often it is killed, and how long it may have worked at most before that."""

    kills: int
    most_seconds: float
    random: Random


class MigrationFailed(Exception):
    """The command has failed; the message is what it said."""


async def migrate_killed(url: str, arguments: tuple[str, ...], killing: Killing) -> int:
    """Run until it has finished; returns how often it was killed while it worked.

    Raises `MigrationFailed`.
    """
    killed = 0
    while True:
        process = await asyncio.create_subprocess_exec(
            *_RUN,
            *arguments,
            env=os.environ | {"DATABASE_URL": as_migration_session(url)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = asyncio.create_task(process.communicate())
        if killed < killing.kills:
            await _wait_until_connected(url, process)
            delay = killing.random.uniform(0, killing.most_seconds)
            await asyncio.wait([said], timeout=delay)
            if process.returncode is None:
                process.kill()
                await said
                killed += 1
                continue
        output, _ = await said
        if process.returncode != 0:
            raise MigrationFailed(output.decode())
        return killed


async def _wait_until_connected(url: str, process: asyncio.subprocess.Process) -> None:
    connection = await asyncpg.connect(url)
    try:
        while process.returncode is None:
            if await connection.fetchval(_CONNECTED, APPLICATION):
                return
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        await connection.close()
