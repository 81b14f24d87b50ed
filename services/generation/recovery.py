"""Ending the replies whose process died."""

import asyncio
from collections.abc import Callable
from time import monotonic
from uuid import UUID, uuid4

from db.database import Database
from db.unavailable import DatabaseUnavailable
from services.generation.generations import Generations
from services.generation.lease_keeper import RENEWALS_A_LEASE

LOOKS_A_LEASE = 6
"""How often `look` is to be called."""


class Recovery:
    """Ends replies whose lease ran out, but not while leases could not be renewed.

    A lease that ran out proves that its process is gone only where that process could reach the
    database. So nothing is ended before this process itself could write there for a whole lease:
    after an outage every living process renews or records first. `seconds` is a clock that only
    runs forward.
    """

    def __init__(
        self,
        database: Database,
        generations: Generations,
        *,
        lease_seconds: float,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database
        self._generations = generations
        self._lease_seconds = lease_seconds
        self._seconds = seconds
        self._nobody: UUID = uuid4()
        self._writable_since: float | None = None
        self._written_at = 0.0

    async def look(self) -> int:
        """End what is abandoned, and give how many that were."""
        try:
            await self._try_to_renew()
            if not self._is_trustworthy():
                return 0
            return await end_abandoned(self._database, self._generations)
        except BaseException:
            self._writable_since = None
            raise

    async def _try_to_renew(self) -> None:
        """Send the statement that renews leases, for no reply: the database takes writes then."""
        try:
            async with (
                asyncio.timeout(self._lease_seconds / RENEWALS_A_LEASE),
                self._database.read_primary() as connection,
            ):
                await self._generations.renew(connection, self._nobody, (), self._lease_seconds)
        except TimeoutError as error:
            raise DatabaseUnavailable("no lease can be renewed in time") from error

    def _is_trustworthy(self) -> bool:
        """Whether leases could be renewed for long enough, also between the looks."""
        now, before = self._seconds(), self._written_at
        self._written_at = now
        if self._writable_since is None or now - before > self._lease_seconds / RENEWALS_A_LEASE:
            self._writable_since = now
        return now - self._writable_since >= self._lease_seconds


async def end_abandoned(database: Database, generations: Generations) -> int:
    """End every reply whose lease ran out, in any number of processes at once; give how many.

    A reply is ended once and its unit given back once, whoever comes first.
    """
    count = 0
    while True:
        async with database.begin() as transaction:
            reply_id = await generations.end_expired(transaction)
        if reply_id is None:
            return count
        await generations.note_abandoned(reply_id)
        count += 1
