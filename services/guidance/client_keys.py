"""What a client calls a conversation or a message of its own before it knows their ids."""

from dataclasses import dataclass

from db.database import Transaction
from db.queries.chat import client_keys
from services.guidance.records import Exchange
from services.mutations.refusals import Conflict, InvalidInput
from services.mutations.texts import is_short_text

LONGEST_KEY = 255


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


async def named_conversation(
    transaction: Transaction, user_id: int, keys: ClientKeys
) -> int | None:
    """The id of the conversation that the client names; None if it is still to be started."""
    if keys.conversation is None:
        return None
    found = await client_keys.conversations(transaction, [keys.conversation], user_id)
    return int(found[0]["conversation_id"]) if found else None


async def name_exchange(
    transaction: Transaction, user_id: int, keys: ClientKeys, exchange: Exchange, *, is_new: bool
) -> None:
    """Record the client's names of an exchange, and of its conversation if that `is_new`.

    Raises `Conflict` if the client has started a conversation under this name meanwhile.
    """
    if keys.conversation is not None and is_new:
        is_free = await client_keys.name_conversation(
            transaction, user_id, keys.conversation, exchange.conversation_id
        )
        if not is_free:
            raise Conflict(
                "Another message has just started this conversation; send this one again.",
                field="conversationKey",
            )
    if keys.message is not None:
        await client_keys.name_message(
            transaction, user_id, exchange.conversation_id, keys.message, exchange.message_id
        )
