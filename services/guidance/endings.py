"""How replies end in the database: by their writer, or without it.

Deleting the generation's row decides who ends a reply, so that it ends once however many try, and
its unit is settled or given back once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Record

from clients.llm import GenerationReport
from db.database import Transaction
from db.queries import generations, messages
from services.guidance.records import Ending, ReplyFailure, ReplyStatus
from services.guidance.rules import is_charged
from services.quota import ledger


@dataclass(frozen=True, slots=True)
class Written:
    """A reply as its writer leaves it; `ends` are the ends of its pieces in `text`."""

    text: str
    ends: tuple[int, ...]
    report: GenerationReport
    latency_ms: int


async def end_written(
    transaction: Transaction,
    reply_id: int,
    owner: UUID,
    *,
    ending: Ending,
    written: Written,
    now: datetime,
) -> None:
    """End the reply as its writer says; nothing if it has been taken away from `owner`."""
    ended = await generations.end(transaction, reply_id, owner)
    if ended is None:
        return
    report = written.report
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
    await _account(transaction, ended, ending, has_text=bool(written.text), now=now)


async def end_abandoned(transaction: Transaction, *, now: datetime) -> int | None:
    """End one reply whose writer let its lease run out, and give its id; None if there is none.

    What had been stored of it is kept.
    """
    ended = await generations.end_expired(transaction)
    if ended is None:
        return None
    reply_id: int = ended["reply_id"]
    if ended["stop_requested_at"] is None:
        ending = Ending(ReplyStatus.FAILED, ReplyFailure.INTERRUPTED)
    else:
        ending = Ending(ReplyStatus.STOPPED)
    has_text = await messages.abandon_reply(
        transaction,
        reply_id,
        status=ending.status.value,
        failure_reason=ending.failure and ending.failure.value,
    )
    await _account(transaction, ended, ending, has_text=has_text, now=now)
    return reply_id


def _retry_at(ending: Ending, now: datetime) -> datetime | None:
    seconds = ending.retry_after_seconds
    return None if seconds is None else now + timedelta(seconds=seconds)


async def _account(
    transaction: Transaction, ended: Record, ending: Ending, *, has_text: bool, now: datetime
) -> None:
    account = ledger.settle if is_charged(ending, has_text=has_text) else ledger.release
    await account(
        transaction,
        user_id=ended["user_id"],
        reply_id=ended["reply_id"],
        day=ended["usage_date"],
        now=now,
    )
