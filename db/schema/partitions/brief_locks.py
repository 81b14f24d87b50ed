"""Changing tables that others use: locks are waited for briefly, and asked for again."""

import asyncio
from collections.abc import Sequence
from random import uniform
from time import monotonic
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from db.connections.session import Driver

_WAIT_MILLISECONDS = 40
"""Others queue behind whoever waits for a lock."""
_PATIENCE_SECONDS = 300.0
_LEAST_PAUSE_SECONDS, _MOST_PAUSE_SECONDS = 0.01, 0.3
BUSY = (
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
)
"""Raised where others hold locks for longer than we wait."""


async def briefly(connection: "Driver", commands: Sequence[str], *, lock: str = "") -> None:
    """Run commands in a transaction, and all of them again while others hold what they lock.

    `lock` names tables that are locked first, all within the time of one. Raises the last of
    `BUSY` after five minutes.
    """
    deadline, pause = monotonic() + _PATIENCE_SECONDS, _LEAST_PAUSE_SECONDS
    while True:
        try:
            await _run(connection, commands, lock)
        except BUSY:
            if monotonic() > deadline:
                raise
            await asyncio.sleep(uniform(pause / 2, pause))  # noqa: S311 - a pause needs no secrecy
            pause = min(2 * pause, _MOST_PAUSE_SECONDS)
        else:
            return


async def _run(connection: "Driver", commands: Sequence[str], lock: str) -> None:
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = {_WAIT_MILLISECONDS}")
        if lock:
            await connection.execute(f"SET LOCAL statement_timeout = {_WAIT_MILLISECONDS}")
            await connection.execute(f"LOCK TABLE {lock} IN ACCESS EXCLUSIVE MODE")
            await connection.execute("SET LOCAL statement_timeout = 0")
        # One message: no lock is held for the time that messages travel.
        await connection.execute(";\n".join(commands))
