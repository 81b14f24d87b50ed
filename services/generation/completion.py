"""Recording how replies ended, whatever that takes: the text is nowhere else."""

from dataclasses import replace
from uuid import UUID

import stamina
import structlog

from clients.llm import GenerationReport
from db.database import Database
from db.unavailable import DatabaseUnavailable
from services.generation.generations import Generations
from services.generation.records import Ending, Written

_LONGEST_PAUSE_SECONDS = 2.0
_PAUSES_A_LEASE = 8
"""A database that is back is tried again soon: recovery begins a lease later, and not before."""
_MOST_REFUSALS = 4
"""As by a deadlock, or a lock that somebody holds for too long: the next time may be better."""
_log = structlog.get_logger("guidance.replies")


class Completion:
    """Stores the ends of the replies that `owner` writes."""

    def __init__(
        self, database: Database, generations: Generations, owner: UUID, *, lease_seconds: float
    ) -> None:
        self._database = database
        self._generations = generations
        self._owner = owner
        self._longest_pause_seconds = min(_LONGEST_PAUSE_SECONDS, lease_seconds / _PAUSES_A_LEASE)

    async def record(self, reply_id: int, ending: Ending, written: Written) -> bool:
        """Store how a reply ended, waiting for a database that is away for as long as it is.

        Where the database refuses the record, it is tried again a few times without its details
        (token counts, waits). Gives whether the reply was the owner's to end; raises the last
        refusal.
        """
        refusals = 0

        def is_tried_again(error: Exception) -> bool:
            nonlocal ending, written, refusals
            if isinstance(error, DatabaseUnavailable):
                return True
            _log.error("the end of a reply was refused", reply=reply_id, exc_info=error)
            ending, written = _without_details(ending, written)
            refusals += 1
            return refusals <= _MOST_REFUSALS

        async for attempt in stamina.retry_context(
            on=is_tried_again,
            attempts=None,
            timeout=None,
            wait_initial=min(0.1, self._longest_pause_seconds),
            wait_max=self._longest_pause_seconds,
            wait_jitter=self._longest_pause_seconds / 2,
        ):
            with attempt:
                async with self._database.begin() as transaction:
                    return await self._generations.complete(
                        transaction, reply_id, self._owner, ending, written
                    )
        raise AssertionError("unreachable")


def _without_details(ending: Ending, written: Written) -> tuple[Ending, Written]:
    report = GenerationReport(written.report.model, written.report.attempts)
    return replace(ending, retry_after_seconds=None), replace(written, report=report)
