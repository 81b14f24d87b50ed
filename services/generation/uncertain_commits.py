"""Replies whose commit had no answer: started as soon as they are found in the database."""

from collections.abc import Awaitable, Callable
from time import monotonic
from uuid import UUID

from db.database import Database
from services.background.periodic import run_periodically
from services.generation.records import Assignment
from services.generation.store import ReplyStore

POLL_SECONDS = 0.25
"""A reply is found at most this long after the database is back."""


class UncertainCommits:
    """Looks for replies that `owner` may have committed, and calls `start` with those it finds.

    The database may carry out a commit long after the connection was lost, for example if it was
    frozen meanwhile. So a reply is looked for until it has been absent for a whole lease. If it
    appears even later, its lease has expired and recovery ends it.
    """

    def __init__(
        self,
        database: Database,
        store: ReplyStore,
        owner: UUID,
        start: Callable[[Assignment], Awaitable[None]],
        *,
        lease_seconds: float,
    ) -> None:
        self._database = database
        self._store = store
        self._owner = owner
        self._start = start
        self._lease_seconds = lease_seconds
        self._uncertain: dict[int, Assignment] = {}
        self._missing_since: dict[int, float] = {}

    def add(self, assignment: Assignment) -> None:
        """Begin to look for a reply."""
        self._uncertain[assignment.reply_id] = assignment

    async def run(self) -> None:
        """Poll until cancelled."""
        await run_periodically(self.poll, name="look_for_recordings", every_seconds=POLL_SECONDS)

    async def poll(self) -> None:
        """Start the replies that are found, and give up those absent for a whole lease."""
        uncertain = tuple(self._uncertain.values())
        if not uncertain:
            return
        async with self._database.read_primary() as connection:
            found = await self._store.leases.renew(
                connection,
                self._owner,
                [assignment.key for assignment in uncertain],
                self._lease_seconds,
            )
        now = monotonic()
        for assignment in uncertain:
            reply_id = assignment.reply_id
            since = self._missing_since.setdefault(reply_id, now)
            if reply_id in found:
                await self._start(assignment)
            if reply_id in found or now - since > self._lease_seconds:
                del self._uncertain[reply_id], self._missing_since[reply_id]
