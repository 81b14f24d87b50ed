"""Noticing replies of this process that another one asked to stop, or has ended."""

from db.database import Database
from db.queries.chat import reply_generations
from services.background.periodic import run_periodically
from services.generation.jobs import GenerationJobs
from services.generation.records import INTERRUPTED

POLL_SECONDS = 0.4
"""A stop requested on another instance is noticed at most this late."""


class StopWatcher:
    """Polls whether the replies that this process writes are still to be written."""

    def __init__(
        self, database: Database, jobs: GenerationJobs, *, poll_seconds: float = POLL_SECONDS
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._poll_seconds = poll_seconds

    async def run(self) -> None:
        """Poll until cancelled."""
        await run_periodically(self.poll, name="look_for_stops", every_seconds=self._poll_seconds)

    async def poll(self) -> None:
        """Stop the replies that are to stop, and interrupt those that were ended elsewhere."""
        writers = dict(self._jobs.writers)
        if not writers:
            return
        async with self._database.read_primary() as connection:
            user_ids = list({writer.key.tenant_id for writer in writers.values()})
            rows = await reply_generations.of_owner(connection, self._jobs.owner, user_ids)
        stop_requests = {row["reply_id"]: row["stop_requested_at"] for row in rows}
        for reply_id, writer in writers.items():
            if reply_id not in stop_requests:
                writer.interrupt(INTERRUPTED)
            elif stop_requests[reply_id] is not None:
                self._jobs.stop(reply_id)
