"""Conversations and messages by what a client calls them."""

from typing import NamedTuple

from db.database import Database
from db.queries.chat import client_keys, conversations, messages
from db.row import Row
from loaders.batching.loader import Loader
from loaders.batching.rows_by_id import rows_in_key_order
from services.guidance.client_keys import LONGEST_KEY
from services.mutations.texts import is_short_text


class MessageKey(NamedTuple):
    """What a client calls a message of a conversation."""

    conversation_id: int
    key: str


def conversation_by_key(database: Database, viewer_id: int | None) -> Loader[str, Row | None]:
    """The viewer's conversations; None where no client of theirs uses the key, or could."""

    async def batch(keys: list[str]) -> list[Row | None]:
        if viewer_id is None:
            return [None] * len(keys)
        async with database.read() as connection:
            known = [key for key in keys if is_short_text(key, LONGEST_KEY)]
            named = await client_keys.conversations(connection, known, viewer_id)
            ids = {row["key"]: row["conversation_id"] for row in named}
            rows = await conversations.by_id(connection, list(ids.values()), viewer_id)
        return rows_in_key_order([ids.get(key, 0) for key in keys], rows, "id")

    return Loader(batch)


def message_by_key(database: Database, viewer_id: int | None) -> Loader[MessageKey, Row | None]:
    """The viewer's messages; None where no client of theirs uses the key."""

    async def batch(keys: list[MessageKey]) -> list[Row | None]:
        if viewer_id is None:
            return [None] * len(keys)
        async with database.read() as connection:
            known = [one for one in keys if is_short_text(one.key, LONGEST_KEY)]
            named = await client_keys.messages(
                connection,
                [one.conversation_id for one in known],
                [one.key for one in known],
                viewer_id,
            )
            ids = {
                MessageKey(row["conversation_id"], row["key"]): row["message_id"] for row in named
            }
            rows = await messages.by_id(connection, list(ids.values()), viewer_id)
        return rows_in_key_order([ids.get(key, 0) for key in keys], rows, "id")

    return Loader(batch)
