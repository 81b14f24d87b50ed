"""Taking over the replies that other processes have released, or were released in their stead."""

from collections import deque
from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

import structlog

from db.connections.errors import DatabaseUnavailable
from db.database import Database
from db.reply_key import ReplyKey
from db.row import Row
from services.background.periodic import run_periodically
from services.generation.records import Assignment
from services.generation.store import ReplyStore

POLL_SECONDS = 0.4
"""About how long a reader waits, at most, until somebody goes on with a reply."""
_MOST_AT_ONCE = 4
"""So few, so that the replies of a process are shared among the others."""
_log = structlog.get_logger("guidance.replies")


class Takeovers:
    """Looks for released replies, and calls `start` with those that `owner` has taken over.

    Those in `active` are still being written here, and left to others.
    """

    def __init__(
        self,
        database: Database,
        store: ReplyStore,
        owner: UUID,
        active: Collection[int],
        start: Callable[[Assignment], Awaitable[None]],
        *,
        lease_seconds: float,
    ) -> None:
        self._database = database
        self._store = store
        self._owner = owner
        self._active = active
        self._start = start
        self._lease_seconds = lease_seconds
        self._has_ended = False
        self._taken: deque[Row] = deque()
        """Replies that are taken over, and not started yet."""

    def end(self) -> None:
        """Take over nothing more: this process is about to end itself."""
        self._has_ended = True

    async def run(self) -> None:
        """Poll until cancelled."""
        await run_periodically(self.poll, name="take_over_replies", every_seconds=POLL_SECONDS)

    async def poll(self) -> None:
        """Take over some of the replies that nobody writes; while the database is away, none."""
        if self._has_ended:
            return
        leases = self._store.leases
        try:
            async with self._database.read_primary() as connection:
                if not self._taken and await leases.has_released(connection):
                    self._taken.extend(
                        await leases.take(
                            connection,
                            self._owner,
                            self._lease_seconds,
                            active=tuple(self._active),
                            most=_MOST_AT_ONCE,
                        )
                    )
        except DatabaseUnavailable:
            return  # whoever needs it more says so
        while self._taken:
            row = self._taken[0]
            key = ReplyKey(row["tenant_id"], row["reply_id"])
            assignment = await self._store.assignment(key, self._owner, row)
            self._taken.popleft()
            if assignment is not None:
                _log.info("a reply is taken over", reply=assignment.reply_id)
                self._store.metrics.take_over()
                await self._start(assignment)
