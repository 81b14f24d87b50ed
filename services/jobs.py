"""Work that goes on whoever waits for it, until it has ended or the process must."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context

import stamina
import structlog

from db.database import Database, Transaction
from db.unavailable import DatabaseUnavailable

_RECORDING_SECONDS = 60.0
_log = structlog.get_logger("guidance.jobs")


class Jobs:
    """The jobs of one process, by the number of what each is about.

    What a job leaves undone when it fails is what its lease is for: another process ends it.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._running: dict[int, asyncio.Task[None]] = {}

    def start(self, number: int, job: Coroutine[None, None, None]) -> None:
        """Begin a job, in a context of its own: it is not done by the request that starts it."""
        self._running[number] = asyncio.create_task(self._run(number, job), context=Context())

    @property
    def running(self) -> tuple[int, ...]:
        """What is being worked at."""
        return tuple(self._running)

    async def ended(self, number: int) -> None:
        """Wait for the end of a job, if it runs here."""
        running = self._running.get(number)
        if running is not None:
            await asyncio.wait([running])

    async def finish(self, *, grace_seconds: float, cut_off: Callable[[], None]) -> None:
        """Let all jobs end; after `grace_seconds` they are cut off, and still record their end."""
        if self._running:
            await asyncio.wait(self._running.values(), timeout=grace_seconds)
        cut_off()
        await asyncio.gather(*self._running.values())

    async def _run(self, number: int, job: Coroutine[None, None, None]) -> None:
        try:
            await job
        except Exception:  # noqa: BLE001 - one job's failure ends no other
            _log.exception("a job was not recorded", kind=self._kind, number=number)
        finally:
            del self._running[number]


async def record(database: Database, end: Callable[[Transaction], Awaitable[None]]) -> None:
    """Store how a job ended, waiting for a database that is away."""
    async for attempt in stamina.retry_context(
        on=DatabaseUnavailable, attempts=None, timeout=_RECORDING_SECONDS, wait_max=2.0
    ):
        with attempt:
            async with database.begin() as transaction:
                await end(transaction)
