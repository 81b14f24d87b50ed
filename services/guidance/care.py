"""Looking after the replies that are being written: leases, stops from elsewhere, progress."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from db.database import Database
from db.queries import generations
from services.guidance.records import Ending, ReplyFailure, ReplyStatus
from services.guidance.writer import Writer
from services.periodic import repeat

_RENEWALS_A_LEASE = 3


@dataclass(frozen=True, slots=True)
class Timing:
    """How often running replies are looked after.

    A reply whose process has not been heard of for `lease_seconds` is taken away from it.
    `look_seconds` bounds how late a stop that was asked for elsewhere is noticed,
    `progress_seconds` how old the stored text of a reply is.
    """

    lease_seconds: float
    look_seconds: float = 0.4
    progress_seconds: float = 2.0


class Care:
    """Looks after `writers`, by reply id, which the process `owner` runs."""

    def __init__(
        self, database: Database, owner: UUID, writers: Mapping[int, Writer], timing: Timing
    ) -> None:
        self._database = database
        self._owner = owner
        self._writers = writers
        self._timing = timing
        self._stored_lengths: dict[int, int] = {}

    async def go_on(self) -> None:
        """Look after them until cancelled."""
        renew_seconds = self._timing.lease_seconds / _RENEWALS_A_LEASE
        async with asyncio.TaskGroup() as group:
            group.create_task(repeat(self._look, every_seconds=self._timing.look_seconds))
            group.create_task(repeat(self._renew, every_seconds=renew_seconds))
            group.create_task(repeat(self._save, every_seconds=self._timing.progress_seconds))

    async def _look(self) -> None:
        """Stop what was asked to stop, and give up what was taken away."""
        known = dict(self._writers)
        if not known:
            return
        async with self._database.read_primary() as connection:
            rows = await generations.of_owner(connection, self._owner)
        ours = {row["reply_id"]: row["stop_requested_at"] for row in rows}
        for reply_id, writer in known.items():
            if reply_id not in ours:
                writer.cut_off(Ending(ReplyStatus.FAILED, ReplyFailure.INTERRUPTED))
            elif ours[reply_id] is not None:
                writer.cut_off(Ending(ReplyStatus.STOPPED))

    async def _renew(self) -> None:
        """Keep the leases of what is written here, and of nothing else.

        A reply of this process that has no writer, because a commit succeeded unnoticed or its
        end could not be stored, is to be ended as abandoned.
        """
        written = tuple(self._writers)
        if written:
            async with self._database.read_primary() as connection:
                await generations.renew(
                    connection, self._owner, written, self._timing.lease_seconds
                )

    async def _save(self) -> None:
        """Store how far each reply is written that has grown."""
        written = {reply_id: writer.written for reply_id, writer in self._writers.items()}
        grown = [
            {
                "id": reply_id,
                "content": one.text,
                "attempts": one.report.attempts,
                "stream_ends": one.ends,
            }
            for reply_id, one in written.items()
            if len(one.text) != self._stored_lengths.get(reply_id)
        ]
        if grown:
            async with self._database.read_primary() as connection:
                await generations.save_progress(connection, grown)
        self._stored_lengths = {reply_id: len(one.text) for reply_id, one in written.items()}
