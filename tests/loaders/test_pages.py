"""Pages of many parents in one statement, with the columns that any of them is to have."""

import asyncio

import pytest

from db.database import open_database
from db.page import Page, PageReads
from db.queries.chat.messages import PAGE_BY_CONVERSATION
from loaders.batching.pages import PageKey, pages
from loaders.batching.slices import BOUNDS, Slice
from metrics.repository_methods import ObservedStatement
from tests.fixtures.stores.world import ADA, ADAS_CONVERSATIONS, LONG_CONVERSATION

OTHER = next(one for one in ADAS_CONVERSATIONS if one != LONG_CONVERSATION)
LAST = Page(size=2, is_backward=True)


@pytest.mark.parametrize(
    ("wanted", "fetched"),
    [
        ([{"id", "role"}, {"id", "role"}], {"parent_id", "id", "role"}),
        ([{"role"}, {"content"}], {"parent_id", "role", "content"}),
        ([set(), set()], {"parent_id", "id"}),
    ],
)
def test_pages_of_one_batch_have_what_any_of_them_wants(
    world: str, wanted: list[set[str]], fetched: set[str]
) -> None:
    assert columns_of(world, *map(frozenset, wanted)) == (fetched, 1)


def test_who_names_no_columns_gets_all_of_them(world: str) -> None:
    columns, statements = columns_of(world, None, frozenset({"role"}))
    assert columns == {"parent_id", *(one.key for one in PAGE_BY_CONVERSATION._columns)}
    assert statements == 1


ROWS = PageReads(frozenset({"id"}), frozenset({"rows"}))
NEXT = PageReads(frozenset({"id"}), frozenset({"rows", "has_next"}))


@pytest.mark.parametrize(
    ("reads", "fetched", "previous"),
    [((ROWS, ROWS), 4, None), ((ROWS, NEXT), 6, True), ((ROWS, None), 6, True)],
)
def test_no_row_beyond_a_page_is_fetched_where_nothing_tells_of_it(
    world: str,
    reads: tuple[PageReads | None, ...],
    fetched: int,
    previous: bool | None,
) -> None:
    ran: list[ObservedStatement] = []

    async def scenario() -> list[Slice]:
        async with open_database(
            world, replica_url=None, pool_size=1, observe=ran.append
        ) as database:
            loader = pages(database, PAGE_BY_CONVERSATION, ADA)
            keys = [
                PageKey(parent_id, LAST, reads=one)
                for parent_id, one in zip((LONG_CONVERSATION, OTHER), reads, strict=True)
            ]
            return await asyncio.gather(*map(loader.load, keys))

    slices = asyncio.run(scenario())
    assert [rows for _, _, rows, _, _ in ran] == [fetched]
    assert [len(one.rows) for one in slices] == [2, 2]
    assert [one.has_previous for one in slices] == [previous, previous]


def columns_of(url: str, *wanted: frozenset[str] | None) -> tuple[set[str], int]:
    """The columns of the rows of two conversations' pages, and how many statements ran."""
    ran: list[ObservedStatement] = []

    async def scenario() -> set[str]:
        async with open_database(
            url, replica_url=None, pool_size=1, observe=ran.append
        ) as database:
            loader = pages(database, PAGE_BY_CONVERSATION, ADA)
            keys = [
                PageKey(
                    parent_id,
                    LAST,
                    reads=columns if columns is None else PageReads(columns, BOUNDS),
                )
                for parent_id, columns in zip((LONG_CONVERSATION, OTHER), wanted, strict=True)
            ]
            slices = await asyncio.gather(*map(loader.load, keys))
        assert [(one.parent_id, len(one.rows)) for one in slices] == [
            (LONG_CONVERSATION, 2),
            (OTHER, 2),
        ]
        return {name for one in slices for row in one.rows for name in row.keys()}  # noqa: SIM118 - a row goes through its values

    return asyncio.run(scenario()), len(ran)
