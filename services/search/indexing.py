"""Indexing messages: soon after they are written, or at the latest before their person searches."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from itertools import groupby
from operator import itemgetter
from time import monotonic
from typing import TypeAlias

import structlog

from db.connections.errors import DatabaseUnavailable
from db.database import Connection, Database
from db.queries.chat import message_indexing
from db.queries.chat.message_indexing import IndexedMessage
from db.row import Row
from services.search.lexemes import lexemes_of
from services.search.rules import PlaceEnds, pause_seconds, places_of

BATCH = 25
"""Messages indexed in one transaction: finding their words occupies the process so long."""
_MOST_BATCHES = 20
"""Batches that a search waits for; only after very much was added at once there are more."""
_log = structlog.get_logger("search.indexing")


_Placed: TypeAlias = Sequence[tuple[Row, int]]
"""Rows of messages with their places."""
_Find: TypeAlias = Callable[[Connection, int | None], Awaitable[_Placed]]
"""Finds and locks a batch of what is to be indexed, of one person or of anybody."""


class MessageIndexer:
    """Indexes the messages that wait for it; any number of processes do it at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def index_all(self, *, share: float) -> None:
        """Index whatever waits, and what was indexed in an earlier form, new messages first.

        It works for a `share` of the time: after a version that indexes otherwise there is work for
        hours, for a process that may answer requests too.
        """
        while (
            await self._paced(_waiting, share) == BATCH
            or await self._paced(_earlier, share) == BATCH
        ):
            pass

    async def index_newest(self, user_id: int) -> None:
        """Index what waits of a person's messages, the newest of them if there are very many."""
        for find in (_waiting, _earlier):
            for _ in range(_MOST_BATCHES):
                if await self._index_batch(find, user_id) < BATCH:
                    break

    async def _paced(self, find: _Find, share: float) -> int:
        started = monotonic()
        count = await self._index_batch(find, None)
        if count:
            await asyncio.sleep(pause_seconds(monotonic() - started, share))
        return count

    async def _index_batch(self, find: _Find, user_id: int | None) -> int:
        try:
            return await self._index(find, user_id)
        except DatabaseUnavailable:
            raise
        except Exception:  # noqa: BLE001 - what one message does is not to stop the others
            unreadable = await self._unreadable(find, user_id)
            return await self._index(find, user_id, without=unreadable)

    async def _index(
        self, find: _Find, user_id: int | None, *, without: Collection[int] = ()
    ) -> int:
        """Index a batch; the messages `without` lexemes are found by nothing, nor wait longer."""
        async with self._database.begin() as transaction:
            found = await find(transaction, user_id)
            if found:
                messages = []
                for row, place in found:
                    messages.append(_indexed(row, place, is_empty=row["id"] in without))
                    await asyncio.sleep(0)  # Requests of the process go between.
                await message_indexing.index(transaction, messages)
        for message_id in without:
            _log.error("a message cannot be searched", message_id=message_id)
        return len(found)

    async def _unreadable(self, find: _Find, user_id: int | None) -> Collection[int]:
        """The ids of the messages of a batch that cannot be indexed, which are tried alone."""
        async with self._database.begin() as transaction:
            found = await find(transaction, user_id)
        return [row["id"] for row, place in found if not await self._is_readable(row, place)]

    async def _is_readable(self, row: Row, place: int) -> bool:
        try:
            message = _indexed(row, place)
            async with self._database.begin() as transaction:
                await message_indexing.read(transaction, message)
        except DatabaseUnavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the message is left out
            return False
        return True


async def _waiting(transaction: Connection, user_id: int | None) -> _Placed:
    """What waits, with places beyond those that their people's messages have already."""
    rows = await message_indexing.waiting(transaction, user_id=user_id, most=BATCH)
    if not rows:
        return ()
    ends = await message_indexing.ends(transaction, sorted({row["user_id"] for row in rows}))
    ends_by_user = {
        row["user_id"]: PlaceEnds(row["newest"], row["newest_at"], row["oldest"], row["oldest_at"])
        for row in ends
    }
    placed: list[tuple[Row, int]] = []
    for person, group in groupby(rows, key=itemgetter("user_id")):
        # As they were written: the newest come first.
        messages = list(group)[::-1]
        places = places_of([row["created_at"] for row in messages], ends_by_user.get(person))
        placed += zip(messages, places, strict=True)
    return placed


async def _earlier(transaction: Connection, user_id: int | None) -> _Placed:
    """What is indexed in an earlier form, with the places that it has and keeps."""
    rows = await message_indexing.earlier(transaction, user_id=user_id, most=BATCH)
    return [(row, row["place"]) for row in rows]


def _indexed(row: Row, place: int, *, is_empty: bool = False) -> IndexedMessage:
    lexemes = "" if is_empty else _lexemes_of(row)
    return IndexedMessage(row["user_id"], row["id"], place, row["created_at"], lexemes)


def _lexemes_of(row: Row) -> str:
    return lexemes_of(
        row["content"], user_id=row["user_id"], conversation_id=row["conversation_id"]
    )
