"""The replies that this process writes, each a job of its own, whoever waits for it or not."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

from db.database import Database
from metrics.replies import reply_begun, reply_ended
from services import jobs
from services.clock import Clock
from services.guidance.care import Care, Timing
from services.guidance.endings import Written, end_written
from services.guidance.records import Ending, ReplyFailure, ReplyStatus
from services.guidance.writer import Assignment, Record, Writer
from services.jobs import Jobs

WriterFactory = Callable[[Assignment, Record], Writer]


class ReplyJobs:
    """Starts and stops jobs; leaving the block lets them finish, for `grace_seconds` at most."""

    def __init__(
        self,
        database: Database,
        new_writer: WriterFactory,
        *,
        timing: Timing,
        grace_seconds: float,
        clock: Clock,
    ) -> None:
        self.owner: UUID = uuid4()
        self._database = database
        self._new_writer = new_writer
        self._grace_seconds = grace_seconds
        self._clock = clock
        self._jobs = Jobs("reply")
        self._writers: dict[int, Writer] = {}
        self._care = Care(database, self.owner, self._writers, timing)

    async def __aenter__(self) -> Self:
        self._caring = asyncio.create_task(self._care.go_on())
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._jobs.finish(grace_seconds=self._grace_seconds, cut_off=self._interrupt)
        self._caring.cancel()
        await asyncio.wait([self._caring])

    async def start(self, assignment: Assignment) -> None:
        """Begin to write a reply whose generation this process owns."""
        writer = self._new_writer(assignment, self._record)
        self._writers[assignment.reply_id] = writer
        self._jobs.start(assignment.reply_id, self._write(assignment.reply_id, writer))

    def stop(self, reply_id: int) -> None:
        """Stop a reply at once, if it is written here."""
        writer = self._writers.get(reply_id)
        if writer is not None:
            writer.cut_off(Ending(ReplyStatus.STOPPED))

    def is_writing(self, reply_id: int) -> bool:
        """Whether a reply is being written here."""
        return reply_id in self._writers

    def _interrupt(self) -> None:
        for writer in self._writers.values():
            writer.cut_off(Ending(ReplyStatus.FAILED, ReplyFailure.INTERRUPTED))

    async def _write(self, reply_id: int, writer: Writer) -> None:
        reply_begun()
        status = "unrecorded"
        try:
            status = (await writer.write()).status.value
        finally:
            del self._writers[reply_id]
            reply_ended(status)

    async def _record(self, reply_id: int, ending: Ending, written: Written) -> None:
        await jobs.record(
            self._database,
            lambda transaction: end_written(
                transaction,
                reply_id,
                self.owner,
                ending=ending,
                written=written,
                now=self._clock(),
            ),
        )
