"""Choosing the branch of a conversation that is shown, and deleting messages with what follows."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from db.database import Database, Transaction
from db.queries.chat import branch_deletion, branches, conversations, titles
from db.row import Row
from keyvalue import KeyValueError
from services.callers import people
from services.clock import Clock
from services.conversations.rules import title_from
from services.mutations.refusals import Conflict, NotFound
from streams import ReplyStreams

_FIELD = "messageId"
_LONGEST_STREAM = timedelta(hours=1)
"""Longer than a reply is written and its stream is kept."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """The ids of the messages that were deleted, and their conversation as it is now."""

    message_ids: Sequence[int]
    conversation: Row


class BranchService:
    """Every method raises `PersonUnknown`, and `NotFound`."""

    def __init__(self, database: Database, streams: ReplyStreams, *, clock: Clock) -> None:
        self._database = database
        self._streams = streams
        self._clock = clock

    async def select(self, user_id: int, message_id: int) -> Row:
        """Show the branch through a message to the leaf that was shown last below it.

        Returns the conversation.
        """
        async with self._database.begin() as transaction:
            conversation_id = await _lock(transaction, user_id, message_id)
            return _found(await branches.show(transaction, user_id, conversation_id, message_id))

    async def delete(self, user_id: int, message_id: int) -> Deletion:
        """Delete a message and all that follow it; raises `Conflict` while one is being written.

        If it was shown, the branch is shown that was shown last of those that remain beside it.
        Nor does a title stay that was made of a first message, unless a person gave it.
        """
        async with self._database.begin() as transaction:
            conversation_id = await _lock(transaction, user_id, message_id)
            deleted = _found(
                await branch_deletion.delete_subtree(
                    transaction,
                    user_id,
                    conversation_id,
                    message_id,
                    streamed_since=self._clock() - _LONGEST_STREAM,
                )
            )
            if deleted["is_being_written"]:
                raise Conflict("A reply is being written there; stop it first.", field=_FIELD)
            if deleted["shown_order"] is not None:
                await branches.replace(
                    transaction,
                    user_id,
                    conversation_id,
                    deleted["parent_id"],
                    shown_order=deleted["shown_order"],
                    is_shown=deleted["is_shown"],
                )
            if deleted["parent_id"] == branches.BEGINNING:
                await _renew_title(transaction, user_id, conversation_id)
            (conversation,) = await conversations.by_id(transaction, [conversation_id], user_id)
        # Without Redis they end by themselves; whoever follows one looks at the database first.
        with suppress(KeyValueError):
            await self._streams.forget(deleted["streamed"])
        return Deletion(deleted["ids"], conversation)


async def _lock(transaction: Transaction, user_id: int, message_id: int) -> int:
    locked = people.require_person(await branches.lock(transaction, user_id, message_id))
    if locked["id"] is None:
        raise _message_not_found()
    return int(locked["id"])


async def _renew_title(transaction: Transaction, user_id: int, conversation_id: int) -> None:
    first = await branch_deletion.first_shown(transaction, user_id, conversation_id)
    await titles.renew(transaction, user_id, conversation_id, title_from(first or ""))


def _found(row: Row | None) -> Row:
    if row is None:
        # It was deleted while this transaction waited for the lock.
        raise _message_not_found()
    return row


def _message_not_found() -> NotFound:
    return NotFound("There is no such message.", field=_FIELD)
