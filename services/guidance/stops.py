"""Stops that were asked for elsewhere, and replies that were taken away."""

from db.database import Database
from db.queries import reply_generations
from services.generation.jobs import GenerationJobs
from services.generation.records import INTERRUPTED
from services.periodic import repeat

LOOK_SECONDS = 0.4
"""How late a stop that was asked for elsewhere is noticed, at most."""


class StopWatcher:
    """Looks whether what this process writes is still to be written."""

    def __init__(
        self, database: Database, jobs: GenerationJobs, *, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._look_seconds = look_seconds

    async def run(self) -> None:
        """Look until cancelled."""
        await repeat(self.look, name="look_for_stops", every_seconds=self._look_seconds)

    async def look(self) -> None:
        """Stop what was asked to stop, and give up what was taken away."""
        known = dict(self._jobs.writers)
        if not known:
            return
        async with self._database.read_primary() as connection:
            rows = await reply_generations.of_owner(connection, self._jobs.owner)
        ours = {row["reply_id"]: row["stop_requested_at"] for row in rows}
        for reply_id, writer in known.items():
            if reply_id not in ours:
                writer.cut_off(INTERRUPTED)
            elif ours[reply_id] is not None:
                self._jobs.stop(reply_id)
