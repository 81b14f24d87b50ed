"""Indexing messages: soon after they are written, or at the latest before their person searches."""

from collections.abc import Collection, Sequence
from itertools import groupby
from operator import itemgetter

import structlog

from db.connections.errors import DatabaseUnavailable
from db.database import Database
from db.queries.chat import message_indexing
from db.queries.chat.message_indexing import IndexedMessage
from db.row import Row
from services.search.lexemes import lexemes_of
from services.search.rules import PlaceEnds, places_of

BATCH = 25
"""Messages indexed in one transaction: finding their words occupies the process so long."""
_MOST_BATCHES = 20
"""Batches that a search waits for; only after very much was added at once there are more."""
_log = structlog.get_logger("search.indexing")


class MessageIndexer:
    """Indexes the messages that wait for it; any number of processes do it at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def index_all(self) -> None:
        """Index whatever waits, in batches, and then what was indexed in an earlier form."""
        while await self._index_batch(None) == BATCH or await self._index_again():
            pass

    async def _index_again(self) -> int:
        async with self._database.write() as connection:
            return await message_indexing.index_again(connection, most=BATCH)

    async def index_newest(self, user_id: int) -> None:
        """Index what waits of a person's messages, the newest of them if there are very many."""
        for _ in range(_MOST_BATCHES):
            if await self._index_batch(user_id) < BATCH:
                return

    async def _index_batch(self, user_id: int | None) -> int:
        try:
            return await self._index_waiting(user_id)
        except DatabaseUnavailable:
            raise
        except Exception:  # noqa: BLE001 - what one message does is not to stop the others
            return await self._index_waiting(user_id, without=await self._unreadable(user_id))

    async def _index_waiting(self, user_id: int | None, *, without: Collection[int] = ()) -> int:
        """Index a batch; the messages `without` lexemes are found by nothing, nor wait longer."""
        async with self._database.begin() as transaction:
            rows = await message_indexing.waiting(transaction, user_id=user_id, most=BATCH)
            if rows:
                people = sorted({row["user_id"] for row in rows})
                ends = await message_indexing.ends(transaction, people)
                await message_indexing.index(transaction, _placed(rows, ends, without))
        for message_id in without:
            _log.error("a message cannot be searched", message_id=message_id)
        return len(rows)

    async def _unreadable(self, user_id: int | None) -> Collection[int]:
        """The ids of the messages of a batch that cannot be indexed, which are tried alone."""
        async with self._database.begin() as transaction:
            rows = await message_indexing.waiting(transaction, user_id=user_id, most=BATCH)
        return [row["id"] for row in rows if not await self._is_readable(row)]

    async def _is_readable(self, row: Row) -> bool:
        try:
            (message,) = _placed([row], [])
            async with self._database.begin() as transaction:
                await message_indexing.read(transaction, message)
        except DatabaseUnavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the message is left out
            return False
        return True


def _placed(
    rows: Sequence[Row], ends: Sequence[Row], without: Collection[int] = ()
) -> list[IndexedMessage]:
    """The messages with their places, beyond those that their people's messages have already."""
    ends_by_user = {
        row["user_id"]: PlaceEnds(row["newest"], row["newest_at"], row["oldest"], row["oldest_at"])
        for row in ends
    }
    placed = []
    for user_id, group in groupby(rows, key=itemgetter("user_id")):
        # As they were written: the newest come first.
        messages = list(group)[::-1]
        places = places_of([row["created_at"] for row in messages], ends_by_user.get(user_id))
        placed += [
            IndexedMessage(
                user_id,
                row["id"],
                place,
                row["created_at"],
                "" if row["id"] in without else _lexemes_of(row),
            )
            for row, place in zip(messages, places, strict=True)
        ]
    return placed


def _lexemes_of(row: Row) -> str:
    return lexemes_of(
        row["content"], user_id=row["user_id"], conversation_id=row["conversation_id"]
    )
