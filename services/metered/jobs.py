"""The metered replies that this process writes, each a job of its own, whoever waits or not."""

import asyncio
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

from clients.llm import GenerationReport
from db.database import Database
from db.queries import metered_replies
from services import jobs
from services.guidance.records import ReplyFailure
from services.jobs import Jobs
from services.metered.endings import end_written
from services.metered.records import Assignment, Outcome
from services.metered.writing import Writer
from services.periodic import repeat

_RENEWALS_A_LEASE = 3


class MeteredJobs:
    """Starts jobs; leaving the block lets them finish, for `grace_seconds` at most.

    A reply whose process has not been heard of for `lease_seconds` is taken away from it.
    """

    def __init__(
        self, database: Database, writer: Writer, *, lease_seconds: float, grace_seconds: float
    ) -> None:
        self.owner: UUID = uuid4()
        self.lease_seconds = lease_seconds
        self._database = database
        self._writer = writer
        self._grace_seconds = grace_seconds
        self._jobs = Jobs("metered reply")
        self._writing: dict[int, asyncio.Task[Outcome]] = {}

    @property
    def model_name(self) -> str:
        """The model that writes."""
        return self._writer.model_name

    async def __aenter__(self) -> Self:
        self._renewing = asyncio.create_task(
            repeat(self._renew, every_seconds=self.lease_seconds / _RENEWALS_A_LEASE)
        )
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._jobs.finish(grace_seconds=self._grace_seconds, cut_off=self._interrupt)
        self._renewing.cancel()
        await asyncio.wait([self._renewing])

    async def start(self, assignment: Assignment) -> None:
        """Begin to write a reply that this process owns."""
        self._jobs.start(assignment.generation_id, self._write(assignment))

    async def ended(self, generation_id: int) -> None:
        """Wait for the end of a reply, if it is written here."""
        await self._jobs.ended(generation_id)

    def _interrupt(self) -> None:
        for writing in self._writing.values():
            writing.cancel()

    async def _write(self, assignment: Assignment) -> None:
        generation_id = assignment.generation_id
        writing = asyncio.create_task(self._writer.write(assignment))
        self._writing[generation_id] = writing
        await asyncio.wait([writing])
        del self._writing[generation_id]
        outcome = self._interrupted() if writing.cancelled() else writing.result()
        await jobs.record(
            self._database,
            lambda transaction: end_written(transaction, generation_id, self.owner, outcome),
        )

    def _interrupted(self) -> Outcome:
        report = GenerationReport(model=self.model_name)
        return Outcome(None, ReplyFailure.INTERRUPTED, None, report, latency_ms=0)

    async def _renew(self) -> None:
        """Keep the leases of what is written here, and of nothing else.

        A reply of this process that nobody writes, because a commit succeeded unnoticed or its end
        could not be stored, is to be ended as abandoned.
        """
        written = self._jobs.running
        if written:
            async with self._database.read_primary() as connection:
                await metered_replies.renew(connection, self.owner, written, self.lease_seconds)
