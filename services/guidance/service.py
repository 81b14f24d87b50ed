"""Sending messages, and what a person may do with the replies to them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Any, TypeAlias

from asyncpg import Record

from db.database import Database, Transaction
from db.queries import messages, reply_generations
from services import idempotency, people
from services.clock import Clock
from services.generation.failures import LlmUnavailable
from services.generation.jobs import GenerationJobs
from services.generation.records import Assignment
from services.guidance.exchanges import Exchanges
from services.guidance.failures import failure_of_reply
from services.guidance.following import follow
from services.guidance.records import Exchange
from services.guidance.replies import ConversationReplies
from services.guidance.rules import checked_content
from services.idempotency import Caller, Claim
from services.refusal import NotFound
from services.throttling.key_locks import KeyLocks
from services.throttling.turns import turn_given_up
from streams import Delta, ReplyStreams

_STOP_PATIENCE_SECONDS = 3.0

Recording: TypeAlias = Callable[
    [Transaction, Claim, datetime], Awaitable[tuple[Exchange, Assignment]]
]


class GuidanceService:
    """What a person says and the model answers; what changes anything may raise `PersonUnknown`."""

    def __init__(
        self,
        database: Database,
        jobs: GenerationJobs,
        replies: ConversationReplies,
        streams: ReplyStreams,
        exchanges: Exchanges,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._replies = replies
        self._locks = KeyLocks()
        self._streams = streams
        self._exchanges = exchanges
        self._clock = clock

    async def send(
        self, user_id: int, *, conversation_id: int | None, content: str, idempotency_key: str
    ) -> Exchange:
        """Record a message and begin the reply to it, in a new conversation if none is given.

        Message, reply and the reserved unit are recorded together or not at all; the same key
        gives the same exchange again. Raises `InvalidInput`, `NotFound`, `Conflict`,
        `IdempotencyKeyReused`, `NoActiveSubscription` and `QuotaExceeded`.
        """
        text = checked_content(content)

        async def record(
            transaction: Transaction, claim: Claim, now: datetime
        ) -> tuple[Exchange, Assignment]:
            return await self._exchanges.open(
                transaction, claim, user_id, conversation_id, text, now
            )

        values = {"conversation": conversation_id, "content": text}
        return await self._once(user_id, idempotency_key, "sendMessage", values, record)

    async def regenerate(self, user_id: int, message_id: int, *, idempotency_key: str) -> Exchange:
        """Begin another reply to the last message of a conversation; it costs a unit as well.

        `message_id` is that message or a reply to it; earlier replies stay. Raises `NotFound`,
        `Conflict`, `IdempotencyKeyReused`, `NoActiveSubscription` and `QuotaExceeded`.
        """

        async def record(
            transaction: Transaction, claim: Claim, now: datetime
        ) -> tuple[Exchange, Assignment]:
            return await self._exchanges.reopen(transaction, claim, user_id, message_id, now)

        values = {"message": message_id}
        return await self._once(user_id, idempotency_key, "regenerateReply", values, record)

    async def stop(self, user_id: int, reply_id: int) -> None:
        """Have a reply stopped, wherever it is written, and wait until it has ended.

        A reply that has ended stays as it is. One whose process does not end it soon is taken away
        from it, and keeps what is stored, which is all that was shown. Raises `NotFound`.
        """
        async with self._database.write() as connection:
            asked = await reply_generations.request_stop(connection, reply_id, user_id)
        writer = people.known(asked)["owner"]
        if writer is None:
            await self._check_is_reply(user_id, reply_id)
        if writer == self._jobs.owner:
            self._jobs.stop(reply_id)
        async with turn_given_up():
            try:
                async with asyncio.timeout(_STOP_PATIENCE_SECONDS):
                    await self._ended(user_id, reply_id)
            except TimeoutError:
                await self._take_away(reply_id)

    async def ended(self, user_id: int, reply_id: int) -> Record:
        """Wait for the end of a reply and give it as it is stored; raises `NotFound`."""
        async with turn_given_up():
            return await self._ended(user_id, reply_id)

    async def _ended(self, user_id: int, reply_id: int) -> Record:
        await self._jobs.ended(reply_id)
        async with aclosing(self.follow(user_id, reply_id, after=0)) as events:
            async for event in events:
                if isinstance(event, Record):
                    return event
        raise RuntimeError("a reply was followed to no end")

    async def _check_is_reply(self, user_id: int, message_id: int) -> None:
        async with self._database.read_primary() as connection:
            found = await messages.by_id(connection, [message_id], user_id)
        if not found or found[0]["role"] != "assistant":
            raise NotFound("There is no such reply.", field="messageId")

    async def _take_away(self, reply_id: int) -> None:
        async with self._database.begin() as transaction:
            has_taken = await self._replies.end_stopped(transaction, reply_id)
        if has_taken:
            await self._replies.note_abandoned(reply_id)

    def follow(
        self, user_id: int, reply_id: int, *, after: int
    ) -> AsyncGenerator[Delta | Record, None]:
        """Give the pieces of a reply after the index `after`, and at last the stored reply.

        Raises `NotFound`.
        """
        return follow(
            self._database, self._streams, user_id=user_id, reply_id=reply_id, after=after
        )

    def failure(self, reply: Record) -> LlmUnavailable | None:
        """Why a reply failed that `ended` or `follow` gave; None unless it did."""
        return failure_of_reply(reply, self._clock())

    # Any: JSON.
    async def _once(
        self, user_id: int, key: str, operation: str, values: dict[str, Any], record: Recording
    ) -> Exchange:
        """Record an exchange and start its reply, or give the one that the key recorded before."""
        use = idempotency.key_use(key, operation=operation, values=values)
        now = self._clock()
        async with self._locks.of((user_id, key)), self._database.begin() as transaction:
            claim = await idempotency.claim(transaction, Caller(user_id=user_id), use, now=now)
            if claim.result is not None:
                return await _recorded(transaction, user_id, Exchange(**claim.result))
            exchange, assignment = await record(transaction, claim, now)
            transaction.after_commit(lambda: self._jobs.start(assignment))
            transaction.if_unknown(lambda: self._jobs.start_if_recorded(assignment))
        return exchange


async def _recorded(transaction: Transaction, user_id: int, exchange: Exchange) -> Exchange:
    if not await messages.by_id(transaction, [exchange.reply_id], user_id):
        raise NotFound("The conversation that this key wrote in was deleted.")
    return exchange
