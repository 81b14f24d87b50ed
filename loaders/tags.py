"""The tags of conversations, and of people."""

from collections import defaultdict
from collections.abc import Iterable

from db.database import Database
from db.queries.chat import conversation_tags
from loaders.batching.loader import Loader


def tags_by_conversation(database: Database, viewer_id: int | None) -> Loader[int, tuple[str, ...]]:
    """By conversation id, in alphabetical order."""

    async def batch(ids: list[int]) -> list[tuple[str, ...]]:
        if viewer_id is None:
            return [()] * len(ids)
        async with database.read() as connection:
            rows = await conversation_tags.of_conversations(connection, ids, viewer_id)
        tags: dict[int, list[str]] = defaultdict(list)
        for row in rows:
            tags[row["conversation_id"]].append(row["tag"])
        return [_in_order(tags[id_]) for id_ in ids]

    return Loader(batch)


def tags_by_user(database: Database) -> Loader[int, tuple[str, ...]]:
    """By user id, in alphabetical order; there is one user in a request."""

    async def batch(user_ids: list[int]) -> list[tuple[str, ...]]:
        async with database.read() as connection:
            return [
                _in_order(await conversation_tags.of_user(connection, user_id))
                for user_id in user_ids
            ]

    return Loader(batch)


def _in_order(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(tags, key=lambda tag: (tag.casefold(), tag)))
