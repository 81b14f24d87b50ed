"""Background jobs: what must be done whether anybody asks or not, in any number of processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.wiring import Application
from services.guidance.repairs import end_abandoned_replies
from services.idempotency import forget_old_keys
from services.metered.endings import end_abandoned_metered_replies
from services.metered.service import forget_old_texts
from services.periodic import repeat

_LOOKS_A_LEASE = 6
_PAYMENTS_EVERY_SECONDS = 2
_HOUR_SECONDS = 3_600


class Worker:
    """The jobs of one process; each is harmless beside itself elsewhere."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def run(self) -> None:
        """Do the jobs until cancelled."""
        lease_seconds = self._application.settings.chat_reply_lease_seconds
        async with asyncio.TaskGroup() as group:
            group.create_task(
                repeat(self._end_abandoned_replies, every_seconds=lease_seconds / _LOOKS_A_LEASE)
            )
            group.create_task(repeat(self._finish_payments, every_seconds=_PAYMENTS_EVERY_SECONDS))
            group.create_task(
                repeat(
                    self._end_abandoned_metered_replies,
                    every_seconds=lease_seconds / _LOOKS_A_LEASE,
                )
            )
            group.create_task(repeat(self._forget_old_keys, every_seconds=_HOUR_SECONDS))

    async def _end_abandoned_replies(self) -> None:
        parts = self._application
        await end_abandoned_replies(parts.database, parts.chat.streams, parts.clock)

    async def _finish_payments(self) -> None:
        await self._application.billing.charging.finish_overdue()

    async def _end_abandoned_metered_replies(self) -> None:
        await end_abandoned_metered_replies(self._application.database)

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
