"""Recording an exchange: a message, the pending reply to it, and the quota unit it costs."""

from dataclasses import dataclass
from datetime import datetime

from db.database import Transaction
from db.queries.billing import subscriptions
from db.queries.chat import conversations, exchange_writes, messages
from db.reply_key import ReplyKey
from db.states import MessageStatus
from services.billing.records import NO_SUBSCRIPTION
from services.billing.rows import subscription_from
from services.conversations.rules import UNTITLED, title_from
from services.conversations.service import conversation_not_found
from services.generation.jobs import GenerationJobs
from services.generation.records import Assignment
from services.guidance.history import last_question_index, read_history
from services.guidance.records import ContextWindow, Exchange, HistoryMessage
from services.guidance.rules import prompt
from services.mutations.idempotency import Claim
from services.mutations.refusals import Conflict, NotFound
from services.quota import ledger


@dataclass(frozen=True, slots=True)
class ExchangeRecorder:
    """Records exchanges whose replies will be written in `jobs`."""

    jobs: GenerationJobs
    window: ContextWindow

    async def open(
        self,
        user_id: int,
        conversation_id: int | None,
        content: str,
        transaction: Transaction,
        claim: Claim,
        now: datetime,
    ) -> tuple[Exchange, Assignment]:
        """Record a person's message and the reply to be written, as the result of the claimed key.

        Raises `NotFound`, `Conflict`, `NoActiveSubscription` and `QuotaExceeded`.
        """
        if conversation_id is None:
            conversation_id = await conversations.insert_conversation(
                transaction, user_id, UNTITLED, now
            )
        opened = await exchange_writes.open_exchange(
            transaction, conversation_id, user_id, content=content, now=now
        )
        if opened is None:
            raise conversation_not_found()
        history = await read_history(transaction, user_id, conversation_id, self.window)
        _check_is_answered(history, field="conversationId")
        if opened["title"] == UNTITLED and len(history) == 1:
            await conversations.set_title(
                transaction, conversation_id, user_id, title_from(content)
            )
        return await self._begin_reply(
            transaction, claim, user_id, conversation_id, opened["updated_at"], history, now
        )

    async def reopen(
        self, user_id: int, message_id: int, transaction: Transaction, claim: Claim, now: datetime
    ) -> tuple[Exchange, Assignment]:
        """Record another reply to the last message of a conversation, like `open`.

        Raises `NotFound`, `Conflict`, `NoActiveSubscription` and `QuotaExceeded`.
        """
        found = await messages.by_id(transaction, [message_id], user_id)
        if not found:
            raise _message_not_found()
        conversation_id = found[0]["conversation_id"]
        opened = await conversations.open_exchange(transaction, conversation_id, user_id, now)
        if opened is None:
            # It was deleted in the meantime.
            raise _message_not_found()
        history = _up_to_last_question(
            await read_history(transaction, user_id, conversation_id, self.window), message_id
        )
        return await self._begin_reply(
            transaction, claim, user_id, conversation_id, opened["updated_at"], history, now
        )

    async def _begin_reply(
        self,
        transaction: Transaction,
        claim: Claim,
        user_id: int,
        conversation_id: int,
        created_at: datetime,
        history: list[HistoryMessage],
        now: datetime,
    ) -> tuple[Exchange, Assignment]:
        """Record the reply to the last message of `history`, and the result of the key."""
        rows = await subscriptions.current_subscription_by_user(transaction, [user_id])
        subscription = subscription_from(rows[0]) if rows else NO_SUBSCRIPTION
        limit = ledger.check_daily_limit(subscription)
        reply_id = await exchange_writes.begin_reply(
            transaction,
            user_id=user_id,
            conversation_id=conversation_id,
            answered_id=history[-1].id,
            claim_id=claim.id,
            created_at=created_at,
            model=self.jobs.config.model_name,
            day=now.date(),
            limit=limit,
            owner=self.jobs.owner,
            lease_seconds=self.jobs.config.lease_seconds,
            now=now,
        )
        if reply_id is None:
            raise ledger.quota_exceeded(limit, now)
        exchange = Exchange(conversation_id, history[-1].id, reply_id, subscription)
        return exchange, Assignment(ReplyKey(user_id, reply_id), prompt(history, self.window))


def _message_not_found() -> NotFound:
    return NotFound("There is no such message.", field="messageId")


def _up_to_last_question(history: list[HistoryMessage], message_id: int) -> list[HistoryMessage]:
    """The history up to the person's last message, without the replies to it.

    Raises `Conflict` unless `message_id` is that message or a reply to it.
    """
    index = last_question_index(history)
    if index is None:
        raise Conflict("This message has been answered often enough.", field="messageId")
    last_exchange = history[index:]
    if message_id not in {one.id for one in last_exchange}:
        raise Conflict("Only the last message can be answered again.", field="messageId")
    _check_is_answered(last_exchange, field="messageId")
    return history[: index + 1]


def _check_is_answered(history: list[HistoryMessage], *, field: str) -> None:
    """Raise `Conflict` while a reply is being written: the prompt could not include it."""
    if any(one.status is MessageStatus.STREAMING for one in history):
        raise Conflict("A reply is being written; stop it, or wait for its end.", field=field)
