"""The replies that this process writes, each a job of its own, whoever waits for it or not."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import stamina
import structlog

from db.database import Database
from db.unavailable import DatabaseUnavailable
from metrics.replies import reply_begun, reply_ended
from services.clock import Clock
from services.guidance.care import Care, Timing
from services.guidance.endings import Written, end_written
from services.guidance.records import Ending, ReplyFailure, ReplyStatus
from services.guidance.writer import Assignment, Record, Writer

_RECORDING_SECONDS = 60.0
_log = structlog.get_logger("guidance.replies")

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
        self._writers: dict[int, Writer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
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
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._grace_seconds)
        for writer in self._writers.values():
            writer.cut_off(Ending(ReplyStatus.FAILED, ReplyFailure.INTERRUPTED))
        await asyncio.gather(*self._tasks)
        self._caring.cancel()
        await asyncio.wait([self._caring])

    async def start(self, assignment: Assignment) -> None:
        """Begin to write a reply whose generation this process owns."""
        writer = self._new_writer(assignment, self._record)
        self._writers[assignment.reply_id] = writer
        # A context of its own: what the job does is not done by the request that started it.
        task = asyncio.create_task(self._run(assignment.reply_id, writer), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, reply_id: int) -> None:
        """Stop a reply at once, if it is written here."""
        writer = self._writers.get(reply_id)
        if writer is not None:
            writer.cut_off(Ending(ReplyStatus.STOPPED))

    def is_writing(self, reply_id: int) -> bool:
        """Whether a reply is being written here."""
        return reply_id in self._writers

    async def _run(self, reply_id: int, writer: Writer) -> None:
        reply_begun()
        status = "unrecorded"
        try:
            status = (await writer.write()).status.value
        except Exception:  # noqa: BLE001 - one reply's failure ends no other
            # Its lease will run out, and then it is ended as abandoned.
            _log.exception("a reply could not be recorded", reply=reply_id)
        finally:
            del self._writers[reply_id]
            reply_ended(status)

    async def _record(self, reply_id: int, ending: Ending, written: Written) -> None:
        """Store how a reply ended, waiting for a database that is away."""
        async for attempt in stamina.retry_context(
            on=DatabaseUnavailable, attempts=None, timeout=_RECORDING_SECONDS, wait_max=2.0
        ):
            with attempt:
                async with self._database.begin() as transaction:
                    await end_written(
                        transaction,
                        reply_id,
                        self.owner,
                        ending=ending,
                        written=written,
                        now=self._clock(),
                    )
