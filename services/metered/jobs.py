"""The metered replies that this process writes, each a job of its own, whoever waits or not."""

import asyncio
from contextvars import Context
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import stamina
import structlog

from clients.llm import GenerationReport
from db.database import Database
from db.queries import metered_replies
from db.unavailable import DatabaseUnavailable
from services.guidance.records import ReplyFailure
from services.metered.endings import end_written
from services.metered.records import Assignment, Outcome
from services.metered.writing import Writer
from services.periodic import repeat

_RECORDING_SECONDS = 60.0
_RENEWALS_A_LEASE = 3
_log = structlog.get_logger("guidance.metered")


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
        self._writing: dict[int, asyncio.Task[Outcome]] = {}
        self._running: dict[int, asyncio.Task[None]] = {}

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
        if self._running:
            await asyncio.wait(self._running.values(), timeout=self._grace_seconds)
        for writing in self._writing.values():
            writing.cancel()
        await asyncio.gather(*self._running.values())
        self._renewing.cancel()
        await asyncio.wait([self._renewing])

    async def start(self, assignment: Assignment) -> None:
        """Begin to write a reply that this process owns."""
        # A context of its own: what the job does is not done by the request that started it.
        self._running[assignment.generation_id] = asyncio.create_task(
            self._run(assignment), context=Context()
        )

    async def ended(self, generation_id: int) -> None:
        """Wait for the end of a reply, if it is written here."""
        running = self._running.get(generation_id)
        if running is not None:
            await asyncio.wait([running])

    async def _run(self, assignment: Assignment) -> None:
        generation_id = assignment.generation_id
        writing = asyncio.create_task(self._writer.write(assignment))
        self._writing[generation_id] = writing
        try:
            await asyncio.wait([writing])
            outcome = self._interrupted() if writing.cancelled() else writing.result()
            await self._record(generation_id, outcome)
        except Exception:  # noqa: BLE001 - one reply's failure ends no other
            # Its lease will run out, and then it is ended as abandoned.
            _log.exception("a metered reply could not be recorded", generation=generation_id)
        finally:
            del self._writing[generation_id], self._running[generation_id]

    def _interrupted(self) -> Outcome:
        report = GenerationReport(model=self.model_name)
        return Outcome(None, ReplyFailure.INTERRUPTED, None, report, latency_ms=0)

    async def _record(self, generation_id: int, outcome: Outcome) -> None:
        """Store how a reply ended, waiting for a database that is away."""
        async for attempt in stamina.retry_context(
            on=DatabaseUnavailable, attempts=None, timeout=_RECORDING_SECONDS, wait_max=2.0
        ):
            with attempt:
                async with self._database.begin() as transaction:
                    await end_written(transaction, generation_id, self.owner, outcome)

    async def _renew(self) -> None:
        if self._running:
            async with self._database.read_primary() as connection:
                await metered_replies.renew(connection, self.owner, self.lease_seconds)
