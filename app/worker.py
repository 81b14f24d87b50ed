"""Background jobs: what must be done whether anybody asks or not, in any number of processes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from app.wiring import Application
from services.guidance.repairs import end_abandoned_replies
from services.idempotency import forget_old_keys
from services.metered.endings import end_abandoned_metered_replies
from services.metered.service import forget_old_texts
from services.periodic import repeat
from services.privacy.watching import watch_deadlines

Job: TypeAlias = Callable[[], Awaitable[None]]

_LOOKS_A_LEASE = 6
_PAYMENTS_EVERY_SECONDS = 2
_PRIVACY_EVERY_SECONDS = 2
_DEADLINES_EVERY_SECONDS = 30
_HOUR_SECONDS = 3_600


class Worker:
    """The jobs of one process; each is harmless beside itself elsewhere."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def run(self) -> None:
        """Do the jobs until cancelled."""
        lease_seconds = self._application.settings.chat_reply_lease_seconds
        jobs: dict[Job, float] = {
            self._end_abandoned_replies: lease_seconds / _LOOKS_A_LEASE,
            self._end_abandoned_metered_replies: lease_seconds / _LOOKS_A_LEASE,
            self._finish_payments: _PAYMENTS_EVERY_SECONDS,
            self._export: _PRIVACY_EVERY_SECONDS,
            self._erase: _PRIVACY_EVERY_SECONDS,
            self._watch_deadlines: _DEADLINES_EVERY_SECONDS,
            self._remove_expired_exports: _HOUR_SECONDS,
            self._forget_old_keys: _HOUR_SECONDS,
        }
        async with asyncio.TaskGroup() as group:
            for job, every_seconds in jobs.items():
                group.create_task(repeat(job, every_seconds=every_seconds))

    async def _end_abandoned_replies(self) -> None:
        parts = self._application
        await end_abandoned_replies(parts.database, parts.chat.streams, parts.clock)

    async def _finish_payments(self) -> None:
        await self._application.billing.charging.finish_overdue()

    async def _end_abandoned_metered_replies(self) -> None:
        await end_abandoned_metered_replies(self._application.database)

    async def _export(self) -> None:
        privacy = self._application.privacy
        await privacy.carrying.carry_out_due(privacy.exporting)

    async def _erase(self) -> None:
        privacy = self._application.privacy
        await privacy.carrying.carry_out_due(privacy.erasing)

    async def _watch_deadlines(self) -> None:
        await watch_deadlines(self._application.database, self._application.clock)

    async def _remove_expired_exports(self) -> None:
        await self._application.privacy.exporting.remove_expired()

    async def _forget_old_keys(self) -> None:
        async with self._application.database.read_primary() as connection:
            await forget_old_keys(connection, self._application.clock())
            await forget_old_texts(connection, self._application.clock())


@asynccontextmanager
async def working(application: Application) -> AsyncIterator[None]:
    """Do the jobs while the block runs."""
    running = asyncio.create_task(Worker(application).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])
