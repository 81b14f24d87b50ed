"""A table that somebody else has locked."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from tests.fixtures.stores.postgres import rows_of

WAITING = """SELECT count(*) FROM pg_stat_activity WHERE application_name = 'guidance-api'
             AND datname = current_database() AND wait_event_type = 'Lock'"""


class Locked:
    """A table that nobody else can read, and how many statements of the server wait for it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def waiting(self) -> int:
        ((waiting,),) = asyncio.run(rows_of(self._url, WAITING))
        return int(waiting)


@contextmanager
def locked(url: str) -> Iterator[Locked]:
    """Lock the plans until the block is left."""
    is_locked, is_over = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(url)
        async with connection.transaction():
            await connection.execute("LOCK TABLE billing_plans IN ACCESS EXCLUSIVE MODE")
            is_locked.set()
            await asyncio.to_thread(is_over.wait)
        await connection.close()

    holder = threading.Thread(target=lambda: asyncio.run(hold()))
    holder.start()
    try:
        assert is_locked.wait(20)
        yield Locked(url)
    finally:
        is_over.set()
        holder.join()
