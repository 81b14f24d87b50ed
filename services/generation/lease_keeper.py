"""Renewing the leases of the replies that a process writes."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from db.connections.errors import DatabaseUnavailable
from db.database import Database
from db.reply_key import ReplyKey
from services.background.periodic import run_job
from services.generation.store import ReplyStore

RENEWALS_PER_LEASE = 3
_RETRIES_PER_LEASE = 12
_log = structlog.get_logger("guidance.replies")


class LeaseKeeper:
    """Renews the leases of the replies that are `active`, and of no others.

    If a writer ended without storing the outcome, the lease of its reply expires, and another
    process takes the reply over.
    """

    def __init__(
        self,
        database: Database,
        store: ReplyStore,
        owner: UUID,
        active: Callable[[], Sequence[ReplyKey]],
        *,
        lease_seconds: float,
    ) -> None:
        self._database = database
        self._store = store
        self._owner = owner
        self._active = active
        self._lease_seconds = lease_seconds

    async def run(self) -> None:
        """Renew until cancelled; more often while renewing fails."""
        is_renewed = True
        while True:
            times_per_lease = RENEWALS_PER_LEASE if is_renewed else _RETRIES_PER_LEASE
            await asyncio.sleep(self._lease_seconds / times_per_lease)
            is_renewed = await run_job("renew_leases", self._renew())

    async def _renew(self) -> bool:
        replies = self._active()
        if not replies:
            return True
        try:
            async with (
                asyncio.timeout(self._lease_seconds / RENEWALS_PER_LEASE),
                self._database.read_primary() as connection,
            ):
                renewed = await self._store.leases.renew(
                    connection, self._owner, replies, self._lease_seconds
                )
        except (DatabaseUnavailable, TimeoutError) as error:
            _log.warning("leases cannot be renewed", reason=str(error) or type(error).__name__)
            return False
        except Exception:  # noqa: BLE001 - the next attempt may succeed
            _log.exception("leases cannot be renewed")
            return False
        # One whose row was locked just then is tried again soon.
        return renewed.issuperset(one.reply_id for one in replies)
