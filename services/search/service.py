"""Searching a person's own messages."""

from dataclasses import dataclass
from datetime import datetime

from db.database import Database
from db.page import SearchPosition
from db.queries.chat import message_indexing, message_search
from services.mutations.refusals import InvalidInput
from services.search.indexing import MessageIndexer
from services.search.lexemes import ranked_queries

LONGEST_QUERY = 200


@dataclass(frozen=True, slots=True)
class SearchScope:
    """What is looked for, and where: among all of the person's messages, if not limited."""

    query: str
    conversation_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Messages that were found, best first, and whether there are more."""

    positions: tuple[SearchPosition, ...] = ()
    has_next: bool = False


class SearchService:
    """Finds messages by their words, also by beginnings of words, and with one letter amiss."""

    def __init__(self, database: Database, indexer: MessageIndexer) -> None:
        self._database = database
        self._indexer = indexer

    async def search(
        self, user_id: int, scope: SearchScope, *, first: int, after: SearchPosition | None
    ) -> SearchPage:
        """At most `first` messages of the person's, behind `after`.

        Whole words come before beginnings, those before misspellings, and newer messages before
        older ones. Everything that was written before is found.
        """
        queries = ranked_queries(
            scope.query, user_id=user_id, conversation_id=scope.conversation_id
        )
        if not queries:
            return SearchPage()
        async with self._database.read_primary() as connection:
            is_waiting = await message_indexing.is_waiting(connection, user_id)
        if is_waiting:
            await self._indexer.index_newest(user_id)
        async with self._database.read_primary() as connection:
            found = await message_search.search(
                connection,
                user_id,
                queries,
                since=scope.since,
                until=scope.until,
                after=after,
                most=first + 1,
            )
        return SearchPage(tuple(found[:first]), has_next=len(found) > first)


def check_query(query: str) -> None:
    """Raise `InvalidInput` unless a query has a length that is served."""
    if not 1 <= len(query.strip()) <= LONGEST_QUERY:
        raise InvalidInput(f"A query has 1 to {LONGEST_QUERY} characters.", field="query")
