"""Whatever is searched, each page goes on where the one before ended, until nothing is left.

One word is common in old messages alone, so that the windows of all are searched for it; another in
the newest; the others are in few.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from db.database import Database, open_database
from db.page import SearchPosition
from db.queries.chat import message_search
from db.queries.chat.message_search import windows_of
from db.schema.partitions.online import partition
from perf.benchmarks.suites.search.plans import blocks_of, executed_plan
from services.search.lexemes import lexemes_of, ranked_queries
from services.search.service import SearchScope
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import ADA, GRACE

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
MESSAGES, PAGE = 5_000, 500
OLD, LONGER, MISSPELT, NEW = "ancient", "ancients", "anciant", "recent"
_ADD = """
INSERT INTO chat_message_searches (user_id, message_id, place, created_at, lexemes, form)
SELECT $1, place + 1, place, $2::timestamptz + place * interval '1 minute',
  CAST(lexemes AS tsvector), 2
FROM unnest($3::int[], $4::text[]) AS message (place, lexemes)
"""


def word_at(place: int) -> str:
    """The only word of the message at a place."""
    if place % 100 == 2:
        return LONGER
    if place % 100 == 4:
        return MISSPELT
    return OLD if place < MESSAGES // 2 else NEW


def places(word: str) -> list[int]:
    """Where the messages of a word are, the newest first."""
    return [place for place in range(MESSAGES - 1, -1, -1) if word_at(place) == word]


async def fill(url: str) -> None:
    """Give Ada very many messages, and Grace the same."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("TRUNCATE chat_message_searches")
        for user_id in (ADA, GRACE):
            lexemes = {
                word: lexemes_of(word, user_id=user_id, conversation_id=1)
                for word in (OLD, LONGER, MISSPELT, NEW)
            }
            texts = [
                f"{lexemes[word_at(place)]} {windows_of(user_id, place)}"
                for place in range(MESSAGES)
            ]
            await connection.execute(_ADD, user_id, BEGINNING, list(range(MESSAGES)), texts)
    finally:
        await connection.close()


async def pages(
    database: Database, query: str, *, since: int | None = None, until: int | None = None
) -> list[SearchPosition]:
    """All results of a search among Ada's messages, page by page."""
    found: list[SearchPosition] = []
    while True:
        async with database.read_primary() as connection:
            page: Sequence[SearchPosition] = await message_search.search(
                connection,
                ADA,
                ranked_queries(query, user_id=ADA),
                since=None if since is None else BEGINNING + timedelta(minutes=since),
                until=None if until is None else BEGINNING + timedelta(minutes=until),
                after=found[-1] if found else None,
                most=PAGE,
            )
        found += page
        if len(page) < PAGE:
            return found


# Any: a plan as PostgreSQL's JSON has it.
def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The nodes of a plan that were executed."""
    if plan["Actual Loops"]:
        yield plan
        for one in plan.get("Plans", ()):
            yield from nodes(one)


async def plans(url: str) -> list[dict[str, Any]]:  # Any: as above
    """The plans of searches among Ada's messages, once there are statistics of the table."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("ANALYZE chat_message_searches")
        return [
            await executed_plan(connection, ADA, SearchScope(query), after=None, most=PAGE)
            for query in (OLD, NEW, LONGER, "nothing")
        ]
    finally:
        await connection.close()


async def test_of_partitions_one_is_read_and_that_by_the_index_of_lexemes(own_world: str) -> None:
    await fill(own_world)
    whole = await plans(own_world)
    await run(own_world, "TRUNCATE chat_message_searches")
    await asyncio.to_thread(partition, own_world, 4)
    await fill(own_world)
    parted = await plans(own_world)
    for plan in (*whole, *parted):
        heap = [node for node in nodes(plan) if "Recheck Cond" in node]
        assert heap
        assert all("lexemes" in node["Recheck Cond"] for node in heap), heap
        assert all("lexemes" not in node.get("Filter", "") for node in nodes(plan))
    for plan in parted:
        tables = {node["Relation Name"] for node in nodes(plan) if "Relation Name" in node}
        assert len(tables) == 1, tables
    for one, other in zip(parted, whole, strict=True):
        assert blocks_of(one) <= 1.2 * blocks_of(other)


@pytest.mark.parametrize("parts", [1, 4])
async def test_pages_have_everything_once_and_in_order(own_world: str, parts: int) -> None:
    await asyncio.to_thread(partition, own_world, parts)
    await fill(own_world)
    async with open_database(own_world, replica_url=None, pool_size=1, observe=None) as database:
        ranked = [(0, places(OLD)), (1, places(LONGER)), (2, places(MISSPELT))]
        assert await pages(database, OLD) == [
            SearchPosition(tier, place, place + 1) for tier, found in ranked for place in found
        ]
        assert [one.place for one in await pages(database, NEW)] == places(NEW)
        assert [one.place for one in await pages(database, LONGER)][
            : len(places(LONGER))
        ] == places(LONGER)
        limited = await pages(database, OLD, since=1_000, until=2_000)
        assert [one.place for one in limited if one.tier == 0] == [
            place for place in places(OLD) if 1_000 <= place < 2_000
        ]
        assert await pages(database, NEW, until=MESSAGES // 2) == []
        assert await pages(database, "nothing") == []
