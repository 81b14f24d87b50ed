"""Replies whose recording had no answer: written here as soon as they are found to be on record."""

from collections.abc import Awaitable, Callable
from time import monotonic
from uuid import UUID

from db.database import Database
from services.generation.generations import Generations
from services.generation.records import Assignment
from services.periodic import repeat

LOOK_SECONDS = 0.25
"""How long after the database is back such a reply is found, at most."""


class UnansweredRecordings:
    """Looks for replies that `owner` may have recorded, and calls `start` with those it finds.

    The server may carry out a commit long after the connection was lost, as where it was frozen
    meanwhile. So a reply is looked for until the database has shown for a whole lease that it is
    not there; if it comes later still, its lease has run out and the recovery ends it.
    """

    def __init__(
        self,
        database: Database,
        generations: Generations,
        owner: UUID,
        start: Callable[[Assignment], Awaitable[None]],
        *,
        lease_seconds: float,
    ) -> None:
        self._database = database
        self._generations = generations
        self._owner = owner
        self._start = start
        self._lease_seconds = lease_seconds
        self._wanted: dict[int, Assignment] = {}
        self._missing_since: dict[int, float] = {}

    def add(self, assignment: Assignment) -> None:
        """Look for a reply from now on."""
        self._wanted[assignment.reply_id] = assignment

    async def run(self) -> None:
        """Look until cancelled."""
        await repeat(self.look, name="look_for_recordings", every_seconds=LOOK_SECONDS)

    async def look(self) -> None:
        """Start what is on record, and give up what has not been for a whole lease."""
        wanted = tuple(self._wanted)
        if not wanted:
            return
        async with self._database.read_primary() as connection:
            found = await self._generations.renew(
                connection, self._owner, wanted, self._lease_seconds
            )
        now = monotonic()
        for reply_id in wanted:
            since = self._missing_since.setdefault(reply_id, now)
            if reply_id in found:
                await self._start(self._wanted[reply_id])
            if reply_id in found or now - since > self._lease_seconds:
                del self._wanted[reply_id], self._missing_since[reply_id]
