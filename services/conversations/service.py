"""Starting, renaming, archiving, pinning, tagging and deleting conversations."""

from collections.abc import Sequence
from typing import Any

from db.database import Connection, Database
from db.queries.chat import conversation_tags, conversation_writes, conversations
from db.row import Row
from db.states import ConversationStatus, TitleOrigin
from services.callers import people
from services.clock import Clock
from services.conversations.rules import UNTITLED, checked_tags, checked_title
from services.mutations import idempotency
from services.mutations.refusals import NotFound
from services.quota import ledger


class ConversationService:
    """Every method raises `PersonUnknown`, and refusals as its docstring says."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def start(self, user_id: int, *, title: str | None, idempotency_key: str) -> Row:
        """Start an empty conversation and return it; without a title, the first message sets one.

        Raises `InvalidInput`, `IdempotencyKeyReused`, and `NotFound` if the conversation that this
        key started was deleted.
        """
        chosen = UNTITLED if title is None else checked_title(title)
        use = idempotency.key_use(
            idempotency_key, operation="startConversation", values={"title": title}
        )
        now = self._clock()

        async def start(connection: Connection) -> Row | None:
            return await conversation_writes.start(
                connection,
                user_id,
                title=chosen,
                title_origin=TitleOrigin.MESSAGE if title is None else TitleOrigin.PERSON,
                now=now,
                key=use.key,
                fingerprint=use.fingerprint,
            )

        # Any: JSON.
        async def replay(connection: Connection, result: dict[str, Any]) -> Row:
            started = await conversations.by_id(connection, [result["conversation"]], user_id)
            if not started:
                raise NotFound("The conversation that this key started was deleted.")
            return started[0]

        return await idempotency.run_once(self._database, user_id, use, start, replay)

    async def rename(self, user_id: int, conversation_id: int, title: str) -> Row:
        """Change the title and return the conversation; raises `InvalidInput` and `NotFound`."""
        chosen = checked_title(title)
        async with self._database.write() as connection:
            renamed = await conversation_writes.rename(connection, user_id, conversation_id, chosen)
        return _found(renamed)

    async def archive(self, user_id: int, conversation_id: int) -> Row:
        """Archive the conversation and return it; raises `NotFound`."""
        return await self._set_status(user_id, conversation_id, ConversationStatus.ARCHIVED)

    async def unarchive(self, user_id: int, conversation_id: int) -> Row:
        """Make an archived conversation active again and return it; raises `NotFound`."""
        return await self._set_status(user_id, conversation_id, ConversationStatus.ACTIVE)

    async def pin(self, user_id: int, conversation_id: int, *, is_pinned: bool) -> Row:
        """Pin the conversation, or no longer, and return it; raises `NotFound`."""
        async with self._database.write() as connection:
            pinned = await conversation_writes.pin(
                connection, user_id, conversation_id, is_pinned=is_pinned
            )
        return _found(pinned)

    async def set_tags(self, user_id: int, conversation_id: int, tags: Sequence[str]) -> Row:
        """Give the conversation just these tags, and return it.

        Raises `InvalidInput` and `NotFound`.
        """
        chosen = checked_tags(tags)
        async with self._database.begin() as transaction:
            _found(await conversation_writes.lock(transaction, user_id, conversation_id))
            # A separate statement sees the tags of a transaction that held the lock before.
            return await conversation_tags.replace(transaction, user_id, conversation_id, chosen)

    async def delete(self, user_id: int, conversation_id: int) -> None:
        """Delete the conversation with its messages; raises `NotFound`.

        Replies in progress are abandoned, and their quota units released.
        """
        now = self._clock()
        async with self._database.begin() as transaction:
            _found(await conversation_writes.lock(transaction, user_id, conversation_id))
            # A separate statement sees a reply begun by a transaction that held the lock before.
            for ended in await conversation_writes.delete_conversation(
                transaction, user_id, conversation_id
            ):
                await ledger.release(
                    transaction,
                    user_id=user_id,
                    reply_id=ended["reply_id"],
                    day=ended["usage_date"],
                    now=now,
                )

    async def _set_status(
        self, user_id: int, conversation_id: int, status: ConversationStatus
    ) -> Row:
        async with self._database.write() as connection:
            changed = await conversation_writes.set_status(
                connection, user_id, conversation_id, status
            )
        return _found(changed)


def _found(row: Row | None) -> Row:
    changed = people.require_person(row)
    if changed["id"] is None:
        raise conversation_not_found()
    return changed


def conversation_not_found() -> NotFound:
    """The refusal for a conversation that does not exist or is another person's."""
    return NotFound("There is no such conversation.", field="conversationId")
