"""Indexing goes on where one message cannot be indexed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from db.connections.capture import ExecutedStatement, capture_statements
from services.search import indexing
from services.search.indexing import MessageIndexer
from services.search.lexemes import lexemes_of
from services.search.rules import pause_seconds
from services.search.service import SearchScope, SearchService
from tests.captured_logs import capture_logs
from tests.fixtures.stores.world import ADA
from tests.services.guidance.chat_instances import Instance, instance
from tests.services.guidance.exchanges import answered, send

WAITING = "SELECT count(*) FROM chat_messages_to_index"
INDEXED = """SELECT message.content, length(search.lexemes) > 0 FROM chat_message_searches AS search
JOIN chat_messages AS message ON message.id = search.message_id
WHERE message.conversation_id = $1 ORDER BY search.place"""
PLACES = "SELECT message_id, place FROM chat_message_searches ORDER BY message_id"
EARLIER = "SELECT count(*) FROM chat_message_searches WHERE (form = 1 OR lexemes = '')"
TOO_LONG = " ".join(f"'%{number:060}'" for number in range(20_000))


def refused(text: str, *, user_id: int, conversation_id: int) -> str:
    """As `lexemes_of`; more than PostgreSQL takes for one message, and a fault for another."""
    if text == "Raises":
        raise ValueError(text)
    if text == "Too long":
        return TOO_LONG
    return lexemes_of(text, user_id=user_id, conversation_id=conversation_id)


async def test_a_message_that_cannot_be_indexed_stops_no_other(
    own_world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "lexemes_of", refused)
    async with instance(own_world) as parts:
        place, ids = None, []
        for content in ("One", "Too long", "Raises", "Four"):
            exchange = await send(parts, key=content, conversation_id=place, content=content)
            await answered(parts, exchange, "Yes.")
            place = exchange.conversation_id
            ids.append(exchange.message_id)
        indexer = MessageIndexer(parts.database)
        with capture_logs() as logs:
            await indexer.index_newest(ADA)
            await indexer.index_all(share=1)
        told = [one["message_id"] for one in logs if one["event"] == "a message cannot be searched"]
        assert sorted(told) == ids[1:3]
        assert await parts.value(WAITING) == 0
        assert [tuple(row) for row in await parts.rows(INDEXED, place)] == [
            ("One", True),
            ("Yes.", True),
            ("Too long", False),
            ("Yes.", True),
            ("Raises", False),
            ("Yes.", True),
            ("Four", True),
            ("Yes.", True),
        ]


@pytest.fixture
async def earlier(own_world: str) -> AsyncIterator[Instance]:
    """A conversation whose messages were indexed by the version before."""
    async with instance(own_world) as parts:
        place = None
        for content in ("One", "Two"):
            exchange = await send(parts, key=content, conversation_id=place, content=content)
            await answered(parts, exchange, "Yes.")
            place = exchange.conversation_id
        await MessageIndexer(parts.database).index_all(share=1)
        await parts.rows("UPDATE chat_message_searches SET form = 1, lexemes = ''")
        yield parts


async def test_what_was_indexed_in_an_earlier_form_is_indexed_again_once(earlier: Instance) -> None:
    before = await earlier.rows(PLACES)
    ran: list[ExecutedStatement] = []
    with capture_statements(ran.append):
        await asyncio.gather(
            *(MessageIndexer(earlier.database).index_all(share=1) for _ in range(3))
        )
    assert await earlier.rows(PLACES) == before
    assert await earlier.value(EARLIER) == 0
    assert await earlier.value(WAITING) == 0
    indexed = [one.arguments[1] for one in ran if one.statement.name == "message_indexing.index"]
    assert sorted(id_ for ids in indexed for id_ in ids) == sorted(row[0] for row in before)


async def test_what_a_person_looks_for_is_brought_into_form_before(earlier: Instance) -> None:
    search = SearchService(earlier.database, MessageIndexer(earlier.database))
    page = await search.search(ADA, SearchScope("two"), first=5, after=None)
    assert len(page.positions) == 1
    assert await earlier.value(f"{EARLIER} AND user_id = {ADA}") == 0


def test_indexing_takes_its_share_of_the_time() -> None:
    assert pause_seconds(0.2, 0.25) == pytest.approx(0.6)
    assert pause_seconds(0.2, 1) == 0
