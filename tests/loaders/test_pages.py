"""Pages of many parents in one statement, with the columns that any of them is to have."""

import asyncio

import pytest

from db.database import open_database
from db.page import Page
from db.queries.chat.messages import PAGE_BY_CONVERSATION
from loaders.batching.pages import PageKey, pages
from metrics.repository_methods import ObservedStatement
from tests.fixtures.stores.world import ADAS_CONVERSATIONS, LONG_CONVERSATION

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


def columns_of(url: str, *wanted: frozenset[str] | None) -> tuple[set[str], int]:
    """The columns of the rows of two conversations' pages, and how many statements ran."""
    ran: list[ObservedStatement] = []

    async def scenario() -> set[str]:
        async with open_database(
            url, replica_url=None, pool_size=1, observe=ran.append
        ) as database:
            loader = pages(database, PAGE_BY_CONVERSATION)
            keys = [
                PageKey(parent_id, LAST, columns=columns)
                for parent_id, columns in zip((LONG_CONVERSATION, OTHER), wanted, strict=True)
            ]
            slices = await asyncio.gather(*map(loader.load, keys))
        assert [(one.parent_id, len(one.rows)) for one in slices] == [
            (LONG_CONVERSATION, 2),
            (OTHER, 2),
        ]
        return {name for one in slices for row in one.rows for name in row.keys()}  # noqa: SIM118 - a row goes through its values

    return asyncio.run(scenario()), len(ran)
