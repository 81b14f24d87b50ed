"""Keeping the leases of the replies that a process writes."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import structlog

from db.database import Database
from db.unavailable import DatabaseUnavailable
from services.generation.generations import Generations
from services.periodic import job

RENEWALS_A_LEASE = 3
_TRIALS_A_LEASE = 12
_log = structlog.get_logger("guidance.replies")


class LeaseKeeper:
    """Renews the leases of what is `written` here, and of nothing else.

    A reply of this process that has no writer any more, because its end could not be stored, loses
    its lease and is ended by the recovery.
    """

    def __init__(
        self,
        database: Database,
        generations: Generations,
        owner: UUID,
        written: Collection[int],
        *,
        lease_seconds: float,
    ) -> None:
        self._database = database
        self._generations = generations
        self._owner = owner
        self._written = written
        self._lease_seconds = lease_seconds

    async def run(self) -> None:
        """Renew them until cancelled: often while that fails, so that it succeeds soon again."""
        is_renewed = True
        while True:
            times_a_lease = RENEWALS_A_LEASE if is_renewed else _TRIALS_A_LEASE
            await asyncio.sleep(self._lease_seconds / times_a_lease)
            is_renewed = await job("renew_leases", self._renew())

    async def _renew(self) -> bool:
        reply_ids = tuple(self._written)
        if not reply_ids:
            return True
        try:
            async with (
                asyncio.timeout(self._lease_seconds / RENEWALS_A_LEASE),
                self._database.read_primary() as connection,
            ):
                await self._generations.renew(
                    connection, self._owner, reply_ids, self._lease_seconds
                )
        except (DatabaseUnavailable, TimeoutError) as error:
            _log.warning("leases cannot be renewed", reason=str(error) or type(error).__name__)
            return False
        except Exception:  # noqa: BLE001 - the next time may be better
            _log.exception("leases cannot be renewed")
            return False
        return True
