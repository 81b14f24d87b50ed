"""What a client calls a conversation or a message of its own before it knows their ids."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from db.database import Transaction
from db.queries.chat import client_keys
from services.generation.records import Assignment
from services.generation.starting import RecordReply
from services.guidance.records import Exchange
from services.mutations.idempotency import Claim
from services.mutations.refusals import Conflict, InvalidInput
from services.mutations.texts import is_short_text

LONGEST_KEY = 255
Recorded: TypeAlias = tuple[Exchange, Assignment]


class RecordIn(Protocol):
    """Records an exchange in a conversation, or in a new one where there is none."""

    def __call__(
        self,
        user_id: int,
        conversation_id: int | None,
        /,
        *,
        transaction: Transaction,
        claim: Claim,
        now: datetime,
    ) -> Awaitable[Recorded]:
        """Record it."""


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """The client's names for the conversation that it writes in, and for what it writes."""

    conversation: str | None = None
    message: str | None = None

    def values(self) -> dict[str, str]:
        """Those that are given, as part of the input of a mutation."""
        given = {"conversationKey": self.conversation, "messageKey": self.message}
        return {name: key for name, key in given.items() if key is not None}


UNNAMED = ClientKeys()


def check_keys(keys: ClientKeys, conversation_id: int | None) -> None:
    """Raise `InvalidInput` for a key that is none, and for a conversation that is named twice."""
    for field, key in keys.values().items():
        if not is_short_text(key, LONGEST_KEY):
            message = f"A key is one line of 1 to {LONGEST_KEY} characters."
            raise InvalidInput(message, field=field)
    if keys.conversation is not None and conversation_id is not None:
        message = "A conversation is named by its id, or by the client's key: not by both."
        raise InvalidInput(message, field="conversationKey")


async def record_named(
    user_id: int,
    conversation_id: int | None,
    keys: ClientKeys,
    record: RecordIn,
    transaction: Transaction,
    claim: Claim,
    now: datetime,
) -> Recorded:
    """Record a message in the conversation that the client names, and the client's names of both.

    Raises `Conflict` if the client has started a conversation under this name meanwhile.
    """
    place = conversation_id
    if keys.conversation is not None:
        found = await client_keys.conversations(transaction, [keys.conversation], user_id)
        place = found[0]["conversation_id"] if found else None
    exchange, assignment = await record(
        user_id, place, transaction=transaction, claim=claim, now=now
    )
    if keys.conversation is not None and place is None:
        await _name_conversation(transaction, user_id, keys.conversation, exchange)
    await _name_message(transaction, user_id, keys, exchange)
    return exchange, assignment


async def record_edit_named(
    user_id: int,
    keys: ClientKeys,
    record: RecordReply[Exchange],
    transaction: Transaction,
    claim: Claim,
    now: datetime,
) -> Recorded:
    """Record another version of a message, which has the client's name from now on."""
    exchange, assignment = await record(transaction, claim, now)
    await _name_message(transaction, user_id, keys, exchange)
    return exchange, assignment


async def _name_conversation(
    transaction: Transaction, user_id: int, key: str, exchange: Exchange
) -> None:
    is_free = await client_keys.name_conversation(
        transaction, user_id, key, exchange.conversation_id
    )
    if not is_free:
        raise Conflict(
            "Another message has just started this conversation; send this one again.",
            field="conversationKey",
        )


async def _name_message(
    transaction: Transaction, user_id: int, keys: ClientKeys, exchange: Exchange
) -> None:
    if keys.message is not None:
        await client_keys.name_message(
            transaction, user_id, exchange.conversation_id, keys.message, exchange.message_id
        )
