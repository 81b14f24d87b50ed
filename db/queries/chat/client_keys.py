"""Statements about what clients call conversations and messages."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, BigInteger, Text, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import ConversationKey, MessageKey

_user = bindparam("user_id", type_=BigInteger)
_KEYS = any_(bindparam("keys", type_=ARRAY(Text)))
_CONVERSATIONS = Statement(
    "client_keys.conversations",
    select(ConversationKey.key, ConversationKey.conversation_id).where(
        ConversationKey.user_id == _user, ConversationKey.key == _KEYS
    ),
)
_MESSAGES = Statement(
    "client_keys.messages",
    select(MessageKey.conversation_id, MessageKey.key, MessageKey.message_id).where(
        MessageKey.user_id == _user,
        MessageKey.conversation_id == any_(bindparam("conversation_ids", type_=ARRAY(BigInteger))),
        MessageKey.key == _KEYS,
    ),
)
_NAME_CONVERSATION = Statement(
    "client_keys.name_conversation",
    insert(ConversationKey)
    .values(
        user_id=_user,
        key=bindparam("key"),
        conversation_id=bindparam("conversation_id"),
    )
    .on_conflict_do_nothing()
    .returning(ConversationKey.conversation_id),
)
_NAME_MESSAGE = Statement(
    "client_keys.name_message",
    insert(MessageKey)
    .values(
        user_id=_user,
        conversation_id=bindparam("conversation_id"),
        key=bindparam("key"),
        message_id=bindparam("message_id"),
    )
    .on_conflict_do_update(
        index_elements=[MessageKey.user_id, MessageKey.conversation_id, MessageKey.key],
        set_={"message_id": bindparam("message_id")},
    ),
)


@repository_method
async def conversations(connection: Connection, keys: Sequence[str], user_id: int) -> list[Row]:
    """`(key, conversation_id)` of the user's conversations that clients call `keys`."""
    return await connection.fetch(_CONVERSATIONS, keys=keys, user_id=user_id)


@repository_method
async def messages(
    connection: Connection, conversation_ids: Sequence[int], keys: Sequence[str], user_id: int
) -> list[Row]:
    """`(conversation_id, key, message_id)` of the user's messages that clients call `keys`."""
    return await connection.fetch(
        _MESSAGES, conversation_ids=conversation_ids, keys=keys, user_id=user_id
    )


@repository_method
async def name_conversation(
    connection: Connection, user_id: int, key: str, conversation_id: int
) -> bool:
    """Call a conversation `key`; false if another one has the name."""
    rows = await connection.fetch(
        _NAME_CONVERSATION, user_id=user_id, key=key, conversation_id=conversation_id
    )
    return bool(rows)


@repository_method
async def name_message(
    connection: Connection, user_id: int, conversation_id: int, key: str, message_id: int
) -> None:
    """Call a message `key`, also if another message of the conversation had the name."""
    await connection.fetch(
        _NAME_MESSAGE,
        user_id=user_id,
        conversation_id=conversation_id,
        key=key,
        message_id=message_id,
    )
