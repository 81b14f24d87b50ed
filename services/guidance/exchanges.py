"""Recording an exchange: a message, the pending reply to it, and the quota unit it costs."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from db.database import Transaction
from db.queries.billing import subscriptions
from db.queries.chat import branches, conversations, exchange_writes
from db.queries.chat.branches import BEGINNING
from db.reply_key import ReplyKey
from db.row import Row
from db.states import MessageStatus
from services.billing.records import NO_SUBSCRIPTION
from services.billing.rows import subscription_from
from services.conversations.rules import UNTITLED, title_from
from services.conversations.service import conversation_not_found
from services.generation.jobs import GenerationJobs
from services.generation.models.catalogue import check_has_room
from services.generation.records import Assignment
from services.guidance.history import last_question_index, read_history
from services.guidance.records import ContextWindow, Exchange, HistoryMessage
from services.guidance.rules import prompt
from services.mutations.idempotency import Claim
from services.mutations.refusals import Conflict, InvalidInput, NotFound
from services.quota import ledger


@dataclass(frozen=True, slots=True)
class ExchangeRecorder:
    """Records exchanges whose replies will be written in `jobs`.

    They are written by `model`, or the plan's first, and by others of the plan where that fails.
    """

    jobs: GenerationJobs
    window: ContextWindow
    model: str | None = None

    async def open(
        self,
        user_id: int,
        conversation_id: int | None,
        content: str,
        transaction: Transaction,
        claim: Claim,
        now: datetime,
    ) -> tuple[Exchange, Assignment]:
        """Record a message at the end of what is shown, and the reply to be written.

        They are stored as the result of the claimed key. Raises `NotFound`, `Conflict`,
        `NoActiveSubscription`, `QuotaExceeded`, `ModelNotAllowed` and `ContextTooLong`.
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
        history = await read_history(
            transaction, user_id, conversation_id, opened["id"], self.window
        )
        if any(one.status is MessageStatus.STREAMING for one in history):
            raise _being_written("conversationId")
        if opened["title"] == UNTITLED and len(history) == 1:
            await conversations.set_title(
                transaction, conversation_id, user_id, title_from(content)
            )
        place = _Place(conversation_id, opened["shown_branch"], opened["updated_at"])
        return await self._begin_reply(transaction, claim, user_id, place, history, now)

    async def open_after(
        self,
        user_id: int,
        conversation_id: int | None,
        parent_id: int,
        content: str,
        transaction: Transaction,
        claim: Claim,
        now: datetime,
    ) -> tuple[Exchange, Assignment]:
        """Record a message that follows another, and the reply to be written, like `open`."""
        field = "parentMessageId"
        opened = await _opened(transaction, user_id, parent_id, now, field=field)
        if conversation_id not in {None, opened["id"]}:
            raise _message_not_found(field)
        history = await self._history(transaction, user_id, opened, parent_id, field=field)
        return await self._add(
            transaction, claim, user_id, opened, history, content, now, field=field
        )

    async def edit(
        self,
        user_id: int,
        message_id: int,
        content: str,
        transaction: Transaction,
        claim: Claim,
        now: datetime,
    ) -> tuple[Exchange, Assignment]:
        """Record another version of a person's message, and the reply to be written, like `open`.

        Raises `InvalidInput` for a reply.
        """
        field = "messageId"
        opened = await _opened(transaction, user_id, message_id, now, field=field)
        history = await self._history(transaction, user_id, opened, message_id, field=field)
        if history[-1].is_reply:
            raise InvalidInput("Only a person's own message can be edited.", field=field)
        return await self._add(
            transaction, claim, user_id, opened, history[:-1], content, now, field=field
        )

    async def reopen(
        self, user_id: int, message_id: int, transaction: Transaction, claim: Claim, now: datetime
    ) -> tuple[Exchange, Assignment]:
        """Record another reply to a message, or to the one that a reply answers, like `open`."""
        field = "messageId"
        opened = await _opened(transaction, user_id, message_id, now, field=field)
        history = await self._history(transaction, user_id, opened, message_id, field=field)
        index = last_question_index(history)
        if index is None:
            raise Conflict("There is no message that this one answers.", field=field)
        history = history[: index + 1]
        place = await _follow(transaction, user_id, opened, history, field=field)
        return await self._begin_reply(transaction, claim, user_id, place, history, now)

    async def _history(
        self, transaction: Transaction, user_id: int, opened: Row, message_id: int, *, field: str
    ) -> list[HistoryMessage]:
        history = await read_history(transaction, user_id, opened["id"], message_id, self.window)
        if not history:
            # It was deleted in the meantime.
            raise _message_not_found(field)
        return history

    async def _add(
        self,
        transaction: Transaction,
        claim: Claim,
        user_id: int,
        opened: Row,
        history: list[HistoryMessage],
        content: str,
        now: datetime,
        *,
        field: str,
    ) -> tuple[Exchange, Assignment]:
        """Record a message that follows the last of `history`, and the reply to it."""
        place = await _follow(transaction, user_id, opened, history, field=field)
        message_id = await exchange_writes.add_message(
            transaction,
            user_id=user_id,
            conversation_id=place.conversation_id,
            branch=place.branch,
            content=content,
            created_at=place.created_at,
        )
        message = HistoryMessage(
            message_id, is_reply=False, status=MessageStatus.COMPLETE, content=content
        )
        return await self._begin_reply(transaction, claim, user_id, place, [*history, message], now)

    async def _begin_reply(
        self,
        transaction: Transaction,
        claim: Claim,
        user_id: int,
        place: "_Place",
        history: list[HistoryMessage],
        now: datetime,
    ) -> tuple[Exchange, Assignment]:
        """Record the reply to the last message of `history`, and the result of the key."""
        rows = await subscriptions.current_subscription_by_user(transaction, [user_id])
        subscription = subscription_from(rows[0], now) if rows else NO_SUBSCRIPTION
        limit = ledger.check_daily_limit(subscription)
        models, plan = self.jobs.config.models, subscription.plan
        chain = models.chain(None if plan is None else plan.models, self.model)
        asked = prompt(history, self.window)
        check_has_room(chain, asked, field="content")
        names = None if chain == models.models else tuple(one.name for one in chain)
        reply_id = await exchange_writes.begin_reply(
            transaction,
            user_id=user_id,
            conversation_id=place.conversation_id,
            branch=place.branch,
            answered_id=history[-1].id,
            claim_id=claim.id,
            created_at=place.created_at,
            model=chain[0].name,
            models=names,
            day=now.date(),
            limit=limit,
            owner=self.jobs.owner,
            lease_seconds=self.jobs.config.lease_seconds,
            now=now,
        )
        if reply_id is None:
            raise ledger.quota_exceeded(limit, now)
        exchange = Exchange(place.conversation_id, history[-1].id, reply_id, subscription)
        return exchange, Assignment(ReplyKey(user_id, reply_id), asked, models=names)


class _Place(NamedTuple):
    """Where a reply is stored: its conversation and branch, and when it begins."""

    conversation_id: int
    branch: int
    created_at: datetime


async def _opened(
    transaction: Transaction, user_id: int, message_id: int, now: datetime, *, field: str
) -> Row:
    """The conversation of a message, locked for an exchange; raises `NotFound`."""
    opened = await conversations.open_exchange(transaction, message_id, user_id, now)
    if opened is None:
        raise _message_not_found(field)
    return opened


async def _follow(
    transaction: Transaction,
    user_id: int,
    opened: Row,
    history: list[HistoryMessage],
    *,
    field: str,
) -> _Place:
    """Where what follows the last message of `history` is stored; it is what is shown from now on.

    Raises `Conflict` while that message, or a reply to it, is being written.
    """
    followed = await branches.follow(
        transaction,
        user_id=user_id,
        conversation_id=opened["id"],
        parent_id=history[-1].id if history else BEGINNING,
        created_at=opened["updated_at"],
    )
    if followed is None:
        raise _message_not_found(field)
    if followed["is_being_written"]:
        raise _being_written(field)
    return _Place(opened["id"], followed["branch"], opened["updated_at"])


def _message_not_found(field: str) -> NotFound:
    return NotFound("There is no such message.", field=field)


def _being_written(field: str) -> Conflict:
    """The refusal to go on from a reply that the prompt could not include."""
    return Conflict("A reply is being written; stop it, or wait for its end.", field=field)
