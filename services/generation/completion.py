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

        Where the record is refused it is tried again without what it only tells. Gives whether
        the reply was the owner's to end.
        """
        async for attempt in stamina.retry_context(
            on=DatabaseUnavailable,
            attempts=None,
            timeout=None,
            wait_initial=min(0.1, self._longest_pause_seconds),
            wait_max=self._longest_pause_seconds,
            wait_jitter=self._longest_pause_seconds / 2,
        ):
            with attempt:
                return await self._record_once(reply_id, ending, written)
        raise AssertionError("unreachable")

    async def _record_once(self, reply_id: int, ending: Ending, written: Written) -> bool:
        try:
            return await self._complete(reply_id, ending, written)
        except DatabaseUnavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the text and the unit matter more
            _log.exception("the end of a reply is recorded without its numbers", reply=reply_id)
        report = GenerationReport(written.report.model, written.report.attempts)
        ending = replace(ending, retry_after_seconds=None)
        return await self._complete(reply_id, ending, replace(written, report=report))

    async def _complete(self, reply_id: int, ending: Ending, written: Written) -> bool:
        async with self._database.begin() as transaction:
            return await self._generations.complete(
                transaction, reply_id, self._owner, ending, written
            )
