"""Indexing goes on where one message cannot be indexed."""

import pytest

from services.search import indexing
from services.search.indexing import MessageIndexer
from services.search.lexemes import lexemes_of
from tests.captured_logs import capture_logs
from tests.fixtures.stores.world import ADA
from tests.services.guidance.chat_instances import instance
from tests.services.guidance.exchanges import answered, send

WAITING = "SELECT count(*) FROM chat_messages_to_index"
INDEXED = """SELECT message.content, length(search.lexemes) > 0 FROM chat_message_searches AS search
JOIN chat_messages AS message ON message.id = search.message_id
WHERE message.conversation_id = $1 ORDER BY search.place"""
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
            await indexer.index_all()
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


async def test_what_was_indexed_in_an_earlier_form_is_indexed_again(own_world: str) -> None:
    async with instance(own_world) as parts:
        place = None
        for content in ("One", "Two"):
            exchange = await send(parts, key=content, conversation_id=place, content=content)
            await answered(parts, exchange, "Yes.")
            place = exchange.conversation_id
        indexer = MessageIndexer(parts.database)
        await indexer.index_all()
        before = [tuple(row) for row in await parts.rows(INDEXED, place)]
        await parts.rows("UPDATE chat_message_searches SET form = 1, lexemes = ''")
        await indexer.index_all()
        assert [tuple(row) for row in await parts.rows(INDEXED, place)] == before
        assert await parts.value("SELECT count(*) FROM chat_message_searches WHERE form = 1") == 0
        assert await parts.value(WAITING) == 0
