"""The replies of one kind that this process writes, each in a task independent of its request."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import structlog

from db.database import Database
from db.reply_key import ReplyKey
from db.states import MessageStatus
from services.background.periodic import run_in_background
from services.generation.lease_keeper import LeaseKeeper
from services.generation.models.catalogue import ModelCatalogue
from services.generation.outcomes import OutcomeRecorder
from services.generation.records import HANDED_OVER, Assignment, ReplyOutcome
from services.generation.store import ReplyStore
from services.generation.takeovers import Takeovers
from services.generation.uncertain_commits import UncertainCommits
from services.generation.writer import ReplyWriter, TextSink
from spans.attribution import attributed
from spans.current import job_context
from spans.exported_jobs import exported_job
from spans.part import Kind, Part

_JOB = "replies"
_REPLY = Part(Kind.REPLY, "reply")
_RECORDING_SECONDS = 60.0
"""How long a process that shuts down waits for a database that is away."""
_log = structlog.get_logger("guidance.replies")


@dataclass(frozen=True, slots=True)
class GenerationConfig:
    """With which models a process writes replies, and how long it may be away from them."""

    models: ModelCatalogue
    lease_seconds: float


class GenerationJobs:
    """Starts and stops the tasks; leaving the block hands their replies over to other processes.

    `new_sink` returns what receives the text of an assigned reply.

    If a process does not renew a lease for `lease_seconds`, another process takes the reply over.
    That also covers replies whose task failed.
    """

    def __init__(
        self,
        database: Database,
        store: ReplyStore,
        new_sink: Callable[[Assignment], TextSink],
        config: GenerationConfig,
    ) -> None:
        self.owner: UUID = uuid4()
        self.config = config
        self.writers: dict[int, ReplyWriter] = {}
        self._store = store
        self._new_sink = new_sink
        lease_seconds = config.lease_seconds
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._waiters: Counter[int] = Counter()
        self._is_handing_over = False
        self._background = AsyncExitStack()
        self._recorder = OutcomeRecorder(database, store, self.owner, lease_seconds=lease_seconds)
        self._leases = LeaseKeeper(
            database, store, self.owner, self._active, lease_seconds=lease_seconds
        )
        self._uncertain_commits = UncertainCommits(
            database, store, self.owner, self.start, lease_seconds=lease_seconds
        )
        self._takeovers = Takeovers(
            database, store, self.owner, self.writers, self.start, lease_seconds=lease_seconds
        )

    async def __aenter__(self) -> Self:
        enter = self._background.enter_async_context
        await enter(run_in_background(self._leases.run()))
        self._background.push_async_callback(self._finish)
        await enter(run_in_background(self._uncertain_commits.run()))
        await enter(run_in_background(self._takeovers.run()))
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._background.aclose()

    async def start(self, assignment: Assignment) -> None:
        """Start writing a reply that this process owns.

        The task has a context of its own, because it does not belong to the request that starts
        it; the request may wait for it all the same.
        """
        reply_id = assignment.reply_id
        if reply_id in self.writers:
            return  # it was taken over before its uncertain commit was found
        writer = ReplyWriter(
            assignment,
            models=self.config.models,
            sink=self._new_sink(assignment),
            record=self._recorder.record,
            record_parts=self._recorder.record_parts,
        )
        if self._is_handing_over:
            writer.hand_over()
        self.writers[reply_id] = writer
        writing = self._write(reply_id, writer)
        context = job_context(_JOB)
        self._tasks[reply_id] = asyncio.create_task(exported_job(_JOB, writing), context=context)

    def _active(self) -> tuple[ReplyKey, ...]:
        return tuple(writer.key for writer in self.writers.values())

    async def start_if_recorded(self, assignment: Assignment) -> None:
        """Start writing a reply once it is found in the database: its commit had no answer."""
        self._uncertain_commits.add(assignment)

    def stop(self, reply_id: int) -> None:
        """Stop a reply at once, if this process writes it."""
        writer = self.writers.get(reply_id)
        if writer is not None:
            writer.interrupt(ReplyOutcome(MessageStatus.STOPPED))

    async def wait_for_end(self, reply_id: int) -> None:
        """Wait until this process has no more to do for a reply, if it writes it."""
        task = self._tasks.get(reply_id)
        if task is not None:
            self._waiters[reply_id] += 1
            try:
                await attributed(_REPLY, asyncio.wait([task]))
            finally:
                self._waiters[reply_id] -= 1
                if not self._waiters[reply_id]:
                    del self._waiters[reply_id]

    def end_takeovers(self) -> None:
        """Take over no more replies: this process is about to end itself."""
        self._takeovers.end()

    def hand_over(self) -> None:
        """Hand over the replies that nobody waits for here, and from now on all that begin."""
        self.end_takeovers()
        self._is_handing_over = True
        for reply_id, writer in self.writers.items():
            if reply_id not in self._waiters:
                writer.hand_over()

    async def _finish(self) -> None:
        """Hand over all replies, and wait until that is stored."""
        self.hand_over()
        for writer in self.writers.values():
            writer.hand_over()
        if self._tasks:
            _, unrecorded = await asyncio.wait(self._tasks.values(), timeout=_RECORDING_SECONDS)
            for task in unrecorded:
                task.cancel()
            await asyncio.gather(*unrecorded, return_exceptions=True)

    async def _write(self, reply_id: int, writer: ReplyWriter) -> None:
        self._store.metrics.begin()
        label = "unrecorded"
        try:
            outcome = await writer.write()
            if outcome is not None:
                is_over = outcome is HANDED_OVER
                label = "handed_over" if is_over else self._store.label(outcome)
        except Exception:  # noqa: BLE001 - a failed task must not end the others
            _log.exception("the end of a reply was not recorded", reply=reply_id)
        finally:
            del self.writers[reply_id], self._tasks[reply_id]
            self._store.metrics.end(label)
