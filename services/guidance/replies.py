"""The replies of people's conversations: how they are stored, end, and are charged.

Deleting the generation's row decides who ends a reply, so that it ends once however many try, and
its unit is settled or given back once.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Record

from db.database import Connection, Transaction
from db.queries import messages, reply_generations
from metrics.generation import reply_abandoned, reply_begun, reply_ended
from services.clock import Clock
from services.generation.records import INTERRUPTED, Ending, ReplyStatus, Written
from services.guidance.rules import is_charged
from services.quota import ledger
from streams import ReplyStreams

_STOPPED = Ending(ReplyStatus.STOPPED)


class ConversationReplies:
    """The `Generations` of conversations."""

    def __init__(self, streams: ReplyStreams, *, clock: Clock) -> None:
        self._streams = streams
        self._clock = clock

    async def renew(
        self, connection: Connection, owner: UUID, reply_ids: Sequence[int], lease_seconds: float
    ) -> set[int]:
        """See `Generations`."""
        return await reply_generations.renew(connection, owner, reply_ids, lease_seconds)

    async def save(self, connection: Connection, written: Mapping[int, Written]) -> Collection[int]:
        """Store how far replies are written, and give those that could be, and are not over."""
        rows = [
            {
                "id": reply_id,
                "content": one.text,
                "attempts": one.report.attempts,
                "stream_ends": one.ends,
            }
            for reply_id, one in written.items()
        ]
        return await reply_generations.save_progress(connection, rows)

    async def complete(
        self, transaction: Transaction, reply_id: int, owner: UUID, ending: Ending, written: Written
    ) -> bool:
        """See `Generations`."""
        ended = await reply_generations.end(transaction, reply_id, owner)
        if ended is None:
            return False
        now, report = self._clock(), written.report
        await messages.end_reply(
            transaction,
            reply_id=reply_id,
            status=ending.status.value,
            failure_reason=ending.failure and ending.failure.value,
            retry_at=_retry_at(ending, now),
            content=written.text,
            stream_ends=written.ends,
            model=report.model,
            attempts=report.attempts,
            prompt_tokens=report.prompt_tokens,
            completion_tokens=report.completion_tokens,
            latency_ms=written.latency_ms,
        )
        await self._account(transaction, ended, ending, has_text=bool(written.text))
        return True

    async def end_expired(self, transaction: Transaction) -> int | None:
        """See `Generations`; what had been stored of the reply is kept."""
        ended = await reply_generations.end_expired(transaction)
        if ended is None:
            return None
        ending = INTERRUPTED if ended["stop_requested_at"] is None else _STOPPED
        return await self._end_as_stored(transaction, ended, ending)

    async def end_stopped(self, transaction: Transaction, reply_id: int) -> bool:
        """Take a reply away from whoever writes it, and end it as stopped, with what is stored.

        False where it has ended. To be followed by `note_abandoned`.
        """
        ended = await reply_generations.take_away(transaction, reply_id)
        if ended is None:
            return False
        await self._end_as_stored(transaction, ended, _STOPPED)
        return True

    async def note_abandoned(self, reply_id: int) -> None:
        """See `Generations`."""
        await self._streams.abandon(reply_id)
        reply_abandoned()

    def note_started(self) -> None:
        """See `Generations`."""
        reply_begun()

    def note_ended(self, ending: Ending | None) -> None:
        """See `Generations`."""
        reply_ended(ending.status.value if ending else "unrecorded")

    async def _end_as_stored(self, transaction: Transaction, ended: Record, ending: Ending) -> int:
        reply_id: int = ended["reply_id"]
        has_text = await messages.abandon_reply(
            transaction,
            reply_id,
            status=ending.status.value,
            failure_reason=ending.failure and ending.failure.value,
        )
        await self._account(transaction, ended, ending, has_text=has_text)
        return reply_id

    async def _account(
        self, transaction: Transaction, ended: Record, ending: Ending, *, has_text: bool
    ) -> None:
        account = ledger.settle if is_charged(ending, has_text=has_text) else ledger.release
        await account(
            transaction,
            user_id=ended["user_id"],
            reply_id=ended["reply_id"],
            day=ended["usage_date"],
            now=self._clock(),
        )


def _retry_at(ending: Ending, now: datetime) -> datetime | None:
    seconds = ending.retry_after_seconds
    return None if seconds is None else now + timedelta(seconds=seconds)
