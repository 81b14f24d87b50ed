"""What a person does with conversations, apart from talking."""

from db.database import Database
from db.queries import conversations, generations
from services import idempotency, people
from services.clock import Clock
from services.conversations.rules import UNTITLED, checked_title
from services.idempotency import Caller
from services.quota import ledger
from services.refusal import NotFound

ACTIVE, ARCHIVED = "active", "archived"


class ConversationService:
    """Starts, names, archives and deletes; every method raises `PersonUnknown` and refusals."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def start(self, user_id: int, *, title: str | None, idempotency_key: str) -> int:
        """Start an empty conversation and give its id; without a title the first message gives it.

        Raises `InvalidInput` and `IdempotencyKeyReused`, and `NotFound` for one that this key
        started and that was deleted.
        """
        now = self._clock()
        chosen = UNTITLED if title is None else checked_title(title)
        async with self._database.begin() as transaction:
            await people.hold(transaction, user_id)
            claim = await idempotency.claim(
                transaction,
                Caller(user_id=user_id),
                idempotency_key,
                operation="startConversation",
                values={"title": title},
                now=now,
            )
            if claim.result is not None:
                started = int(claim.result["conversation"])
                if not await conversations.by_id(transaction, [started], user_id):
                    raise NotFound("The conversation that this key started was deleted.")
                return started
            started = await conversations.insert_conversation(transaction, user_id, chosen, now)
            await claim.keep(transaction, {"conversation": started})
            return started

    async def rename(self, user_id: int, conversation_id: int, title: str) -> None:
        """Change the title; raises `InvalidInput` and `NotFound`."""
        chosen = checked_title(title)
        async with self._database.begin() as transaction:
            await people.hold(transaction, user_id)
            if not await conversations.rename(transaction, conversation_id, user_id, chosen):
                raise conversation_not_found()

    async def archive(self, user_id: int, conversation_id: int) -> None:
        """Put the conversation away; raises `NotFound`."""
        await self._set_status(user_id, conversation_id, ARCHIVED)

    async def unarchive(self, user_id: int, conversation_id: int) -> None:
        """Take the conversation out again; raises `NotFound`."""
        await self._set_status(user_id, conversation_id, ACTIVE)

    async def delete(self, user_id: int, conversation_id: int) -> None:
        """Delete the conversation with its messages; raises `NotFound`.

        Replies that are being written are given up, and their units given back.
        """
        now = self._clock()
        async with self._database.begin() as transaction:
            await people.hold(transaction, user_id)
            if not await conversations.lock(transaction, conversation_id, user_id):
                raise conversation_not_found()
            for ended in await generations.end_of_conversation(transaction, conversation_id):
                await ledger.release(
                    transaction,
                    user_id=user_id,
                    reply_id=ended["reply_id"],
                    day=ended["usage_date"],
                    now=now,
                )
            await conversations.delete_conversation(transaction, conversation_id, user_id)

    async def _set_status(self, user_id: int, conversation_id: int, status: str) -> None:
        async with self._database.begin() as transaction:
            await people.hold(transaction, user_id)
            if not await conversations.set_status(transaction, conversation_id, user_id, status):
                raise conversation_not_found()


def conversation_not_found() -> NotFound:
    """The refusal of a conversation that is not there for the caller."""
    return NotFound("There is no such conversation.", field="conversationId")
