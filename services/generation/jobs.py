"""The replies of one kind that this process writes, each in a task independent of its request."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import structlog

from clients.llm import LanguageModel
from db.database import Database
from db.states import MessageStatus
from services.generation.lease_keeper import LeaseKeeper
from services.generation.outcomes import OutcomeRecorder
from services.generation.records import INTERRUPTED, Assignment, ReplyOutcome
from services.generation.store import ReplyStore
from services.generation.uncertain_commits import UncertainCommits
from services.generation.writer import ReplyWriter, TextSink
from spans.attribution import attributed
from spans.current import job_context
from spans.part import Kind, Part

_JOB = "replies"
_REPLY = Part(Kind.REPLY, "reply")
_RECORDING_SECONDS = 60.0
"""How long a process that shuts down waits for a database that is away."""
_log = structlog.get_logger("guidance.replies")


@dataclass(frozen=True, slots=True)
class GenerationConfig:
    """With which model a process writes replies, and how long it may be away from them."""

    model: LanguageModel
    model_name: str
    lease_seconds: float
    grace_seconds: float


class GenerationJobs:
    """Starts and stops the tasks; leaving the block waits `grace_seconds` for them to finish.

    `new_sink` returns what receives the text of a reply, given its id.

    If a process does not renew a lease for `lease_seconds`, another process ends the reply. That
    also covers replies whose task failed.
    """

    def __init__(
        self,
        database: Database,
        store: ReplyStore,
        new_sink: Callable[[int], TextSink],
        config: GenerationConfig,
    ) -> None:
        self.owner: UUID = uuid4()
        self.config = config
        self.writers: dict[int, ReplyWriter] = {}
        self._store = store
        self._new_sink = new_sink
        lease_seconds = config.lease_seconds
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._recorder = OutcomeRecorder(database, store, self.owner, lease_seconds=lease_seconds)
        self._leases = LeaseKeeper(
            database, store, self.owner, self.writers, lease_seconds=lease_seconds
        )
        self._uncertain_commits = UncertainCommits(
            database, store, self.owner, self.start, lease_seconds=lease_seconds
        )

    async def __aenter__(self) -> Self:
        self._lease_task = asyncio.create_task(self._leases.run())
        self._commit_task = asyncio.create_task(self._uncertain_commits.run())
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await _cancel(self._commit_task)
        await self._finish()
        await _cancel(self._lease_task)

    async def start(self, assignment: Assignment) -> None:
        """Start writing a reply that this process owns.

        The task has a context of its own, because it does not belong to the request that starts
        it; the request may wait for it all the same.
        """
        reply_id = assignment.reply_id
        writer = ReplyWriter(
            assignment,
            model=self.config.model,
            model_name=self.config.model_name,
            sink=self._new_sink(reply_id),
            record=self._recorder.record,
        )
        self.writers[reply_id] = writer
        writing = self._write(reply_id, writer)
        self._tasks[reply_id] = asyncio.create_task(writing, context=job_context(_JOB))

    async def start_if_recorded(self, assignment: Assignment) -> None:
        """Start writing a reply once it is found in the database: its commit had no answer."""
        self._uncertain_commits.add(assignment)

    def stop(self, reply_id: int) -> None:
        """Stop a reply at once, if this process writes it."""
        writer = self.writers.get(reply_id)
        if writer is not None:
            writer.interrupt(ReplyOutcome(MessageStatus.STOPPED))

    async def wait_for_end(self, reply_id: int) -> None:
        """Wait for the end of a reply, if this process writes it."""
        task = self._tasks.get(reply_id)
        if task is not None:
            await attributed(_REPLY, asyncio.wait([task]))

    async def _finish(self) -> None:
        """Let all tasks end; those interrupted after the grace period still store the outcome."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=self.config.grace_seconds)
        for writer in self.writers.values():
            writer.interrupt(INTERRUPTED)
        if self._tasks:
            _, unrecorded = await asyncio.wait(self._tasks.values(), timeout=_RECORDING_SECONDS)
            for task in unrecorded:
                task.cancel()
            await asyncio.gather(*unrecorded, return_exceptions=True)

    async def _write(self, reply_id: int, writer: ReplyWriter) -> None:
        self._store.metrics.begin()
        outcome = None
        try:
            outcome = await writer.write()
        except Exception:  # noqa: BLE001 - a failed task must not end the others
            _log.exception("the end of a reply was not recorded", reply=reply_id)
        finally:
            del self.writers[reply_id], self._tasks[reply_id]
            self._store.metrics.end(self._store.label(outcome) if outcome else "unrecorded")


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])
