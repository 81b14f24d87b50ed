"""The replies of one kind that this process writes, each a job of its own, whoever waits or not."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import structlog

from db.database import Database
from services.generation.completion import Completion
from services.generation.generations import Generations
from services.generation.lease_keeper import LeaseKeeper
from services.generation.records import INTERRUPTED, Assignment, Ending, ReplyStatus
from services.generation.unanswered import UnansweredRecordings
from services.generation.writer import Record, Writer
from spans.attribution import attributed
from spans.current import job_context
from spans.part import Kind, Part

_JOB = "replies"
_REPLY = Part(Kind.REPLY, "reply")
_RECORDING_SECONDS = 60.0
"""How long a process that must end waits for a database that is away."""
WriterFactory = Callable[[Assignment, Record], Writer]
_log = structlog.get_logger("guidance.replies")


class GenerationJobs:
    """Starts and stops jobs; leaving the block lets them finish, for `grace_seconds` at most.

    A reply whose process has not been heard of for `lease_seconds` is taken away from it. What a
    job leaves undone when it fails is what its lease is for: another process ends it.
    """

    def __init__(
        self,
        database: Database,
        generations: Generations,
        new_writer: WriterFactory,
        *,
        lease_seconds: float,
        grace_seconds: float,
    ) -> None:
        self.owner: UUID = uuid4()
        self.lease_seconds = lease_seconds
        self.writers: dict[int, Writer] = {}
        self._generations = generations
        self._new_writer = new_writer
        self._grace_seconds = grace_seconds
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._completion = Completion(
            database, generations, self.owner, lease_seconds=lease_seconds
        )
        self._leases = LeaseKeeper(
            database, generations, self.owner, self.writers, lease_seconds=lease_seconds
        )
        self._unanswered = UnansweredRecordings(
            database, generations, self.owner, self.start, lease_seconds=lease_seconds
        )

    async def __aenter__(self) -> Self:
        self._keeping = asyncio.create_task(self._leases.run())
        self._looking = asyncio.create_task(self._unanswered.run())
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await _cancelled(self._looking)
        await self._finish()
        await _cancelled(self._keeping)

    async def start(self, assignment: Assignment) -> None:
        """Begin to write a reply that this process owns.

        It has a context of its own: it is not done by the request that starts it, which may wait
        for it all the same.
        """
        reply_id = assignment.reply_id
        writer = self._new_writer(assignment, self._completion.record)
        self.writers[reply_id] = writer
        writing = self._write(reply_id, writer)
        self._tasks[reply_id] = asyncio.create_task(writing, context=job_context(_JOB))

    async def start_if_recorded(self, assignment: Assignment) -> None:
        """Begin to write a reply once it is known to be on record: its commit had no answer."""
        self._unanswered.add(assignment)

    def stop(self, reply_id: int) -> None:
        """Stop a reply at once, if it is written here."""
        writer = self.writers.get(reply_id)
        if writer is not None:
            writer.cut_off(Ending(ReplyStatus.STOPPED))

    async def ended(self, reply_id: int) -> None:
        """Wait for the end of a reply, if it is written here."""
        task = self._tasks.get(reply_id)
        if task is not None:
            await attributed(_REPLY, asyncio.wait([task]))

    async def _finish(self) -> None:
        """Let all jobs end; after the grace they are cut off, and still record their end."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=self._grace_seconds)
        for writer in self.writers.values():
            writer.cut_off(INTERRUPTED)
        if self._tasks:
            _, unrecorded = await asyncio.wait(self._tasks.values(), timeout=_RECORDING_SECONDS)
            for task in unrecorded:
                task.cancel()
            await asyncio.gather(*unrecorded, return_exceptions=True)

    async def _write(self, reply_id: int, writer: Writer) -> None:
        self._generations.note_started()
        ending = None
        try:
            ending = await writer.write()
        except Exception:  # noqa: BLE001 - one job's failure ends no other
            _log.exception("the end of a reply was not recorded", reply=reply_id)
        finally:
            del self.writers[reply_id], self._tasks[reply_id]
            self._generations.note_ended(ending)


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])
