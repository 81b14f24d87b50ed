"""Recording an exchange: a message, the reply to come, and the unit that it costs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from db.database import Transaction
from db.queries import conversations, exchange_writes, messages, subscriptions
from services.billing.records import NO_SUBSCRIPTION
from services.billing.rows import subscription_from
from services.conversations.rules import UNTITLED, title_from
from services.conversations.service import conversation_not_found
from services.generation.records import Assignment, ReplyStatus
from services.guidance.records import ContextWindow, Exchange, Spoken
from services.guidance.rules import prompt
from services.idempotency import Claim
from services.quota import ledger
from services.refusal import Conflict, NotFound

_READ_FOR_ONE_TOLD = 2
"""Messages read for each that is told: some failed, some were answered again."""


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Records exchanges whose replies the process `owner` will write."""

    owner: UUID
    lease_seconds: float
    model_name: str
    window: ContextWindow

    async def open(
        self,
        transaction: Transaction,
        claim: Claim,
        user_id: int,
        conversation_id: int | None,
        content: str,
        now: datetime,
    ) -> tuple[Exchange, Assignment]:
        """Record a message of a person's, the reply that is to be written, and both for the key.

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
        history = await self._history(transaction, conversation_id)
        _check_is_answered(history, field="conversationId")
        if opened["title"] == UNTITLED and len(history) == 1:
            await conversations.set_title(
                transaction, conversation_id, user_id, title_from(content)
            )
        return await self._begin_reply(
            transaction, claim, user_id, conversation_id, opened["updated_at"], history, now
        )

    async def reopen(
        self, transaction: Transaction, claim: Claim, user_id: int, message_id: int, now: datetime
    ) -> tuple[Exchange, Assignment]:
        """Record another reply to the last message of a conversation, as `open` does.

        Raises `NotFound`, `Conflict`, `NoActiveSubscription` and `QuotaExceeded`.
        """
        found = await messages.by_id(transaction, [message_id], user_id)
        if not found:
            raise _message_not_found()
        conversation_id = found[0]["conversation_id"]
        opened = await conversations.open_exchange(transaction, conversation_id, user_id, now)
        if opened is None:
            # It was deleted since.
            raise _message_not_found()
        history = _to_be_answered(await self._history(transaction, conversation_id), message_id)
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
        history: list[Spoken],
        now: datetime,
    ) -> tuple[Exchange, Assignment]:
        """Record the reply to the last message of `history`, and what the key keeps."""
        rows = await subscriptions.current_subscription_by_user(transaction, [user_id])
        subscription = subscription_from(rows[0]) if rows else NO_SUBSCRIPTION
        limit = ledger.check_limit(subscription)
        reply_id = await exchange_writes.begin_reply(
            transaction,
            user_id=user_id,
            conversation_id=conversation_id,
            answered_id=history[-1].id,
            claim_id=claim.id,
            created_at=created_at,
            model=self.model_name,
            day=now.date(),
            limit=limit,
            owner=self.owner,
            lease_seconds=self.lease_seconds,
            now=now,
        )
        if reply_id is None:
            raise ledger.quota_exceeded(limit, now)
        exchange = Exchange(conversation_id, history[-1].id, reply_id, subscription)
        return exchange, Assignment(reply_id, prompt(history, self.window))

    async def _history(self, transaction: Transaction, conversation_id: int) -> list[Spoken]:
        most = self.window.messages * _READ_FOR_ONE_TOLD
        rows = await messages.newest(transaction, conversation_id, most)
        return [_spoken(row) for row in reversed(rows)]


def _message_not_found() -> NotFound:
    return NotFound("There is no such message.", field="messageId")


def _to_be_answered(history: list[Spoken], message_id: int) -> list[Spoken]:
    """The history up to the person's last message, without the replies to it.

    That message is what `message_id` must be, or be a reply to; otherwise raises `Conflict`.
    """
    places = [index for index, one in enumerate(history) if not one.is_reply]
    if not places:
        raise Conflict("This message has been answered often enough.", field="messageId")
    since = history[places[-1] :]
    if message_id not in {one.id for one in since}:
        raise Conflict("Only the last message can be answered again.", field="messageId")
    _check_is_answered(since, field="messageId")
    return history[: places[-1] + 1]


def _check_is_answered(history: list[Spoken], *, field: str) -> None:
    """Raise `Conflict` while a reply is being written, which the model could not be told."""
    if any(one.status is ReplyStatus.STREAMING for one in history):
        raise Conflict("A reply is being written; stop it, or wait for its end.", field=field)


def _spoken(row: Record) -> Spoken:
    return Spoken(
        id=row["id"],
        is_reply=row["role"] == "assistant",
        status=ReplyStatus(row["status"]),
        content=row["content"],
    )
