"""Recovery: replies whose process died are released, or ended if that happened too often."""

import asyncio
from collections.abc import Callable
from time import monotonic
from uuid import UUID, uuid4

from db.connections.errors import DatabaseUnavailable
from db.database import Database
from services.generation.lease_keeper import RENEWALS_PER_LEASE
from services.generation.store import ReplyStore

RUNS_PER_LEASE = 6
"""How often `run` is to be called within the length of a lease."""


class Recovery:
    """Releases replies whose lease expired, but not while leases could not be renewed.

    An expired lease proves that its process is gone only if that process could reach the database.
    So replies are released only after this process could write to the database for a whole lease:
    after an outage, every living process first renews its leases or stores its outcomes.
    `seconds` is a monotonic clock.
    """

    def __init__(
        self,
        database: Database,
        store: ReplyStore,
        *,
        lease_seconds: float,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database
        self._store = store
        self._lease_seconds = lease_seconds
        self._seconds = seconds
        self._probe_owner: UUID = uuid4()
        self._writable_since: float | None = None
        self._last_write_at = 0.0

    async def run(self) -> int:
        """Release or end the abandoned replies, and return how many there were."""
        try:
            await self._probe_database()
            if not self._are_leases_reliable():
                return 0
            return await recover_abandoned(
                self._database, self._store, lease_seconds=self._lease_seconds
            )
        except BaseException:
            self._writable_since = None
            raise

    async def _probe_database(self) -> None:
        """Check that the database takes writes, with a renewal of leases for no reply."""
        try:
            async with (
                asyncio.timeout(self._lease_seconds / RENEWALS_PER_LEASE),
                self._database.read_primary() as connection,
            ):
                await self._store.leases.renew(
                    connection, self._probe_owner, (), self._lease_seconds
                )
        except TimeoutError as error:
            raise DatabaseUnavailable("no lease can be renewed in time") from error

    def _are_leases_reliable(self) -> bool:
        """Whether leases could be renewed for a whole lease, also between the runs."""
        now, previous = self._seconds(), self._last_write_at
        self._last_write_at = now
        if (
            self._writable_since is None
            or now - previous > self._lease_seconds / RENEWALS_PER_LEASE
        ):
            self._writable_since = now
        return now - self._writable_since >= self._lease_seconds


async def recover_abandoned(database: Database, store: ReplyStore, *, lease_seconds: float) -> int:
    """Recover every reply whose lease expired, and return how many; safe in several processes.

    They are released, so that another process goes on with them, or ended and refunded if they were
    abandoned too often or are to stop anyway; once, whichever process comes first.
    """
    async with database.read_primary() as connection:
        count = len(await store.leases.release_abandoned(connection, lease_seconds))
    while True:
        async with database.begin() as transaction:
            reply_id = await store.end_expired(transaction)
        if reply_id is None:
            return count
        await store.on_abandoned(reply_id)
        count += 1
