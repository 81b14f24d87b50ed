"""Sending messages, and regenerating, stopping and following the replies."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any

from db.database import Database, Transaction
from db.queries.chat import messages, reply_generations
from db.reply_key import ReplyKey
from db.row import Row
from services.billing.records import Plan
from services.callers import people
from services.clock import Clock
from services.generation.failures import failure_refusal, stored_failure
from services.generation.jobs import GenerationJobs
from services.generation.models.catalogue import ChatModel
from services.generation.starting import ReplyStarter
from services.guidance.client_keys import (
    UNNAMED,
    ClientKeys,
    check_keys,
    record_edit_named,
    record_named,
)
from services.guidance.exchanges import ExchangeRecorder
from services.guidance.following import follow_reply
from services.guidance.records import Exchange
from services.guidance.reply_store import ConversationReplyStore
from services.guidance.rules import validated_content
from services.mutations import idempotency
from services.mutations.idempotency import Caller
from services.mutations.refusals import NotFound, Refusal
from services.throttling.concurrency import slot_released
from streams import Delta, ReplyStreams

_STOP_TIMEOUT_SECONDS = 3.0


class GuidanceService:
    """A person's chat with the model; methods that change something raise `PersonUnknown`."""

    def __init__(
        self,
        database: Database,
        jobs: GenerationJobs,
        store: ConversationReplyStore,
        streams: ReplyStreams,
        exchanges: ExchangeRecorder,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._store = store
        self._starter = ReplyStarter(database, jobs, clock=clock)
        self._streams = streams
        self._exchanges = exchanges
        self._clock = clock

    async def send(
        self,
        user_id: int,
        *,
        conversation_id: int | None,
        content: str,
        idempotency_key: str,
        parent_id: int | None = None,
        model: str | None = None,
        keys: ClientKeys = UNNAMED,
    ) -> Exchange:
        """Record a message and start the reply to it, in a new conversation if none is given.

        It follows the message `parent_id`, or the end of the branch that is shown.

        The message, the reply and the reserved quota unit are recorded together or not at all; the
        same key returns the same exchange. Raises `InvalidInput`, `NotFound`, `Conflict`,
        `IdempotencyKeyReused`, `NoActiveSubscription`, `QuotaExceeded`, `ModelNotAllowed` and
        `ContextTooLong`.
        """
        text = validated_content(content)
        check_keys(keys, conversation_id)
        exchanges = replace(self._exchanges, model=model)
        values = {"conversation": conversation_id, "content": text} | _chosen(model)
        values |= keys.values()
        record = partial(exchanges.open, content=text)
        if parent_id is not None:
            values["parent"] = parent_id
            record = partial(exchanges.open_after, parent_id=parent_id, content=text)
        return await self._starter.start_once(
            Caller(user_id=user_id),
            idempotency.key_use(idempotency_key, operation="sendMessage", values=values),
            partial(record_named, user_id, conversation_id, keys, record),
            partial(_replayed, user_id),
            lock=(user_id, idempotency_key),
        )

    async def edit(
        self,
        user_id: int,
        message_id: int,
        *,
        content: str,
        idempotency_key: str,
        model: str | None = None,
        keys: ClientKeys = UNNAMED,
    ) -> Exchange:
        """Record another version of a person's message, beside it, and start the reply to it.

        Like `send`; raises `InvalidInput` for a reply, too.
        """
        text = validated_content(content)
        check_keys(keys, None)
        exchanges = replace(self._exchanges, model=model)
        values = {"message": message_id, "content": text} | _chosen(model) | keys.values()
        return await self._starter.start_once(
            Caller(user_id=user_id),
            idempotency.key_use(idempotency_key, operation="editMessage", values=values),
            partial(
                record_edit_named, user_id, keys, partial(exchanges.edit, user_id, message_id, text)
            ),
            partial(_replayed, user_id),
            lock=(user_id, idempotency_key),
        )

    async def regenerate(
        self, user_id: int, message_id: int, *, idempotency_key: str, model: str | None = None
    ) -> Exchange:
        """Start another reply to a person's message; it costs another unit.

        `message_id` is that message or a reply to it; earlier replies stay, as its siblings. Raises
        `NotFound`, `Conflict`, `IdempotencyKeyReused`, `NoActiveSubscription`, `QuotaExceeded`,
        `ModelNotAllowed` and `ContextTooLong`.
        """
        exchanges = replace(self._exchanges, model=model)
        values: dict[str, object] = {"message": message_id} | _chosen(model)
        return await self._starter.start_once(
            Caller(user_id=user_id),
            idempotency.key_use(idempotency_key, operation="regenerateReply", values=values),
            partial(exchanges.reopen, user_id, message_id),
            partial(_replayed, user_id),
            lock=(user_id, idempotency_key),
        )

    async def stop(self, user_id: int, reply_id: int) -> None:
        """Stop a reply, whichever process writes it, and wait until it has ended.

        A reply that has ended stays as it is. If its process does not end it soon, it is ended here
        with the stored text, which is all that was shown. Raises `NotFound`.
        """
        async with self._database.write() as connection:
            row = await reply_generations.request_stop(connection, reply_id, user_id)
        writer = people.require_person(row)["owner"]
        if writer is None:
            await self._check_is_reply(user_id, reply_id)
        if writer == self._jobs.owner:
            self._jobs.stop(reply_id)
        async with slot_released():
            try:
                async with asyncio.timeout(_STOP_TIMEOUT_SECONDS):
                    await self._wait_for_end(user_id, reply_id)
            except TimeoutError:
                await self._end_stopped(ReplyKey(user_id, reply_id))

    async def wait_for_end(self, user_id: int, reply_id: int) -> Row:
        """Wait for the end of a reply and return its row; raises `NotFound`."""
        async with slot_released():
            return await self._wait_for_end(user_id, reply_id)

    async def _wait_for_end(self, user_id: int, reply_id: int) -> Row:
        await self._jobs.wait_for_end(reply_id)
        async with aclosing(self.follow(user_id, reply_id, after=0)) as events:
            async for event in events:
                if isinstance(event, Row):
                    return event
        raise RuntimeError("following a reply ended without its row")

    async def _check_is_reply(self, user_id: int, message_id: int) -> None:
        async with self._database.read_primary() as connection:
            found = await messages.by_id(connection, [message_id], user_id)
        if not found or found[0]["role"] != "assistant":
            raise NotFound("There is no such reply.", field="messageId")

    async def _end_stopped(self, reply: ReplyKey) -> None:
        async with self._database.begin() as transaction:
            is_ended_here = await self._store.end_stopped(transaction, reply)
        if is_ended_here:
            await self._store.on_abandoned(reply.reply_id)

    def follow(
        self, user_id: int, reply_id: int, *, after: int
    ) -> AsyncGenerator[Delta | Row, None]:
        """Yield the pieces of a reply after index `after`, and finally its row.

        Raises `NotFound`.
        """
        return follow_reply(
            self._database, self._streams, user_id=user_id, reply_id=reply_id, after=after
        )

    def models(self, plan: Plan | None) -> tuple[ChatModel, ...]:
        """The models that a plan allows, the default first; without a plan none."""
        return self._jobs.config.models.allowed(plan.models) if plan else ()

    def failure(self, reply: Row) -> Refusal | None:
        """The refusal for a failed reply, given its row; None if it did not fail."""
        failure = stored_failure(reply)
        return None if failure is None else failure_refusal(failure, self._clock())


def _chosen(model: str | None) -> dict[str, object]:
    """The model as a part of what a key is used for; nothing where none is chosen."""
    return {} if model is None else {"model": model}


# Any: JSON.
async def _replayed(user_id: int, transaction: Transaction, result: dict[str, Any]) -> Exchange:
    exchange = Exchange(**result)
    if not await messages.by_id(transaction, [exchange.reply_id], user_id):
        raise NotFound("What this key wrote was deleted.")
    return exchange
