"""Numbers of rows per parent."""

from asyncio import gather
from collections import defaultdict
from typing import NamedTuple

from db.database import Database
from db.page import Filter
from db.queries.chat import conversations, messages
from loaders.batching.loader import Loader


class ConversationCountKey(NamedTuple):
    """A user's conversations, of those that pass the filter if there is one."""

    user_id: int
    filter: Filter | None = None


def conversation_count(database: Database) -> Loader[ConversationCountKey, int]:
    """By user and filter; keys of one filter share a statement."""

    async def count(filter_: Filter | None, user_ids: list[int]) -> dict[ConversationCountKey, int]:
        async with database.read() as connection:
            rows = await conversations.count_by_user(connection, user_ids, filter_)
        return {ConversationCountKey(row["user_id"], filter_): row["count"] for row in rows}

    async def batch(keys: list[ConversationCountKey]) -> list[int]:
        users: dict[Filter | None, list[int]] = defaultdict(list)
        for key in keys:
            users[key.filter].append(key.user_id)
        counts: dict[ConversationCountKey, int] = {}
        for found in await gather(*(count(filter_, ids) for filter_, ids in users.items())):
            counts |= found
        return [counts.get(key, 0) for key in keys]

    return Loader(batch)


def message_count(database: Database, viewer_id: int | None) -> Loader[int, int]:
    """By conversation id; 0 for one that is not the viewer's."""

    async def batch(conversation_ids: list[int]) -> list[int]:
        if viewer_id is None:
            return [0] * len(conversation_ids)
        async with database.read() as connection:
            rows = await messages.count_by_conversation(connection, conversation_ids, viewer_id)
        counts = {row["conversation_id"]: row["count"] for row in rows}
        return [counts.get(id_, 0) for id_ in conversation_ids]

    return Loader(batch)
